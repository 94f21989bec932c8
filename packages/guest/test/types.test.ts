import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatBuildError } from '@spiderlightning/build';
import { checkTypes } from '../../build/src/typecheck.ts';

const root = join(import.meta.dirname, '..');

test('an editor knows what there is, and what there is not', async () => {
  const errors = await checkTypes(join(root, 'type-tests', 'app.ts'));
  assert.deepEqual(
    errors.map((error) => formatBuildError(error, root)),
    [],
  );
});

test('the globals that are declared are those that are bundled', () => {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const names = (text: string) =>
    text
      .split(',')
      .map((name) => name.replaceAll(/['\s]/g, ''))
      .filter((name) => name !== '')
      .toSorted();
  const given = names(
    [...read('src/platform/index.ts').matchAll(/^export \{([^}]*)\}/gm)].map(([, list]) => list).join(),
  );
  const replaced = /const globals = \[([^\]]*)\]/.exec(read('../build/src/bundle.ts'))?.[1];
  assert.deepEqual(names(replaced ?? ''), given);
  const declared = [...read('globals.d.ts').matchAll(/^declare const (\w+): Platform\[/gm)].map(
    ([, name]) => name,
  );
  assert.deepEqual(declared.toSorted(), given);
});
