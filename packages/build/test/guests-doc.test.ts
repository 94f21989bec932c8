import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { buildComponent } from '@spiderlightning/build';
import { bundle } from '../src/bundle.ts';
import { checkTypes } from '../src/typecheck.ts';

const root = join(import.meta.dirname, '..', '..', '..');

test('every example of docs/guests.md and the README has right types and bundles, and the first one builds', async (t) => {
  const guide = await readFile(join(root, 'docs', 'guests.md'), 'utf8');
  const text = guide + (await readFile(join(root, 'README.md'), 'utf8'));
  const examples = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, source]) => source ?? '');
  assert.ok(examples.length >= 4);
  const [settings] = [...text.matchAll(/^```json\n(.*?)^```$/gms)].map(([, source]) =>
    JSON.parse(source ?? ''),
  );
  // Here the SDK is seen as sources, which import each other by their endings.
  settings.compilerOptions.allowImportingTsExtensions = true;
  settings.compilerOptions.skipLibCheck = true;

  const folder = await mkdtemp(join(tmpdir(), 'slight-doc-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'node_modules', '@spiderlightning'), { recursive: true });
  await mkdir(join(folder, 'src'));
  await symlink(
    join(root, 'packages', 'guest'),
    join(folder, 'node_modules', '@spiderlightning', 'guest'),
    'dir',
  );
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  const entries = await Promise.all(
    examples.map(async (source, index) => {
      const entry = join(folder, 'src', `example-${index}.ts`);
      await writeFile(entry, source);
      return entry;
    }),
  );

  const [first = ''] = entries;
  assert.deepEqual(await checkTypes(first), []);
  for (const entry of entries) assert.ok((await bundle(entry, join(folder, 'app.wasm'))).code.length > 0);
  assert.ok((await buildComponent({ entry: first, typecheck: false })).bytes > 0);
});

/** Each test of the page, and a word of the example that it is about. */
const tested = [
  ['visits are counted', "'/hello/:name'"],
  ['an order without an id is no order', 'onMessage: MessageHandler'],
  ['what one says in a room all hear who are there', "'/chat'"],
] as const;

test('every test of docs/guests.md passes with the example that it is about', async (t) => {
  const guide = await readFile(join(root, 'docs', 'guests.md'), 'utf8');
  const find = (language: string, word: string) =>
    [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))]
      .map(([, source]) => source ?? '')
      .find((source) => source.includes(word));
  assert.equal(guide.split('```js\n').length - 1, tested.length);
  for (const [title, word] of tested) {
    const folder = await mkdtemp(join(tmpdir(), 'slight-doc-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    for (const part of ['src', 'test', 'node_modules/@spiderlightning'])
      await mkdir(join(folder, part), { recursive: true });
    const guest = join(folder, 'node_modules', '@spiderlightning', 'guest');
    await symlink(join(root, 'packages', 'guest'), guest, 'dir');
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder, 'src', 'app.ts'), find('ts', word)!);
    // The page says what they all import once.
    const source = find('js', title)!;
    const imports = source.includes('node:test') ? '' : find('js', 'node:test')!.split('import app')[0]!;
    await writeFile(join(folder, 'test', 'app.test.js'), imports + source);
    const env = { ...process.env };
    delete env.NODE_TEST_CONTEXT;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--test', '--test-reporter=tap', 'test/app.test.js'],
      { cwd: folder, env },
    );
    assert.match(stdout, new RegExp(`^ok 1 - ${title}$`, 'm'));
  }
});
