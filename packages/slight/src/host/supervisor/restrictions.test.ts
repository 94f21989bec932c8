import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { withoutSlightfile } from '../../slightfile/absent.ts';

test('a worker writes to its own caches, not to the code that its supervisor runs', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'slight-restricted-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const compiled = join(folder, 'slight', 'compile');
  const places = ['slight/modules', 'slight/compile/worker', 'slight/compile', 'slight'];
  for (const place of places) mkdirSync(join(folder, place), { recursive: true });
  const env = { ...process.env, XDG_CACHE_HOME: folder, NODE_COMPILE_CACHE: compiled };
  const run = (flags: readonly string[], program: string) =>
    execFileSync(process.execPath, [...flags, '--input-type=module', '-e', program], {
      env,
      encoding: 'utf8',
    });
  const module = pathToFileURL(join(import.meta.dirname, 'restrictions.ts'));
  const flags = JSON.parse(
    run(
      [],
      `import { restrictWorker } from '${module}';
      console.log(JSON.stringify(restrictWorker(${JSON.stringify(withoutSlightfile('app.wasm'))})));`,
    ),
  ) as string[];
  run(
    flags,
    `import { writeFileSync } from 'node:fs';
    for (const place of ${JSON.stringify(places.map((place) => join(folder, place, 'planted')))})
      try { writeFileSync(place, ''); } catch {}`,
  );
  assert.deepEqual(
    places.filter((place) => existsSync(join(folder, place, 'planted'))),
    ['slight/modules', 'slight/compile/worker'],
  );
});
