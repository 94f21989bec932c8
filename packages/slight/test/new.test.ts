import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { appFolder, runCommand, serveApp, startCommand, waitUntil } from './slight.ts';

const root = join(import.meta.dirname, '../../..');

/** npm as a person has it, with the Node that runs the tests before any other. */
function npm(folder: string, ...args: string[]): { code: number | null; text: string } {
  const env = {
    ...process.env,
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    NO_COLOR: '1',
  };
  // The runner's own variable would have a `node --test` inside of a test speak to the runner.
  delete (env as NodeJS.ProcessEnv).NODE_TEST_CONTEXT;
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, env, encoding: 'utf8' });
  return { code: status, text: stdout + stderr };
}

async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  assert.ok(text.includes(from), `${file} has ${from}`);
  await writeFile(file, text.replace(from, to));
}

test('a new user makes a project, tests it, runs it, changes it', async () => {
  const empty = await appFolder();
  const made = await runCommand(empty, ['new', 'ts', '-n', 'shop']);
  assert.deepEqual([made.code, made.stdout], [0, 'shop\n']);
  assert.match(
    made.stderr,
    /^created shop, a TypeScript app\. Next:\n {2}cd shop\n {2}npm install\n {2}npm test +the/,
  );
  const folder = join(empty, 'shop');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  assert.deepEqual(files.map(({ name }) => name).toSorted(), [
    '.gitignore',
    'README.md',
    'app.test.ts',
    'app.ts',
    'note.ts',
    'package.json',
    'slightfile.toml',
    'tsconfig.json',
    'tsconfig.json',
  ]);
  for (const { name, parentPath } of files)
    assert.doesNotMatch(readFileSync(join(parentPath, name), 'utf8'), /\{\{/, 'every place is filled in');

  const installed = npm(folder, 'install', '--prefer-offline', '--no-audit', '--no-fund');
  assert.equal(installed.code, 0, installed.text);
  assert.doesNotMatch(installed.text, /install scripts/);

  const tested = npm(folder, 'test');
  assert.equal(tested.code, 0, tested.text);
  assert.match(tested.text, /pass 3\b/);
  const types = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'test'], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.equal(types.stdout, '', 'an editor has nothing to complain of in the tests either');

  const built = npm(folder, 'run', 'build');
  assert.equal(built.code, 0, built.text);
  assert.match(
    built.text,
    /built dist\/app\.wasm: [\d.]+ MiB in [\d.]+ s; it uses spiderlightning:cloud\/keyvalue@0\.6\.0/,
  );
  assert.deepEqual(readdirSync(join(folder, 'dist')), ['app.wasm', 'app.wasm.map']);

  const app = await serveApp(folder);
  const written = await app.get('/notes', { method: 'POST', body: '{"title":"Hello"}' });
  assert.deepEqual([written.status, written.headers.get('location')], [201, '/notes/1']);
  assert.equal((await app.get('/notes/1')).body, '{"title":"Hello"}');
  assert.equal((await app.get('/notes', { method: 'POST', body: '{}' })).body, 'title: must be text\n');
  assert.equal((await app.stop()).code, 0);

  // A mistake in each place where one is made, and what is said of it.
  const source = join(folder, 'src/app.ts');
  await edit(source, 'req.params.id}`);\n  if', 'req.params.di}`);\n  if');
  const broken = npm(folder, 'run', 'build');
  assert.equal(broken.code, 1);
  assert.match(
    broken.text,
    /^src\/app\.ts:25:\d+: Property 'di' does not exist .*\n(.*\n)*slight: src\/app\.ts was not built: 1 error$/m,
  );
  const failed = npm(folder, 'test');
  assert.equal(failed.code, 1);
  assert.match(failed.text, /fail 1\b/);
  await edit(source, 'req.params.di}', 'req.params.id}');
  await edit(source, 'try GET /notes', 'changed');
  assert.equal(npm(folder, 'run', 'build').code, 0);
  const again = await serveApp(folder);
  assert.equal((await again.get('/')).body, 'shop: changed\n');
  assert.equal((await again.get('/notes/1')).body, '{"title":"Hello"}', 'what was written is still there');
  await again.stop();
});

test('a worker is made, tested, and does its work', async () => {
  const empty = await appFolder();
  const made = await runCommand(empty, ['new', 'worker', '-n', 'jobs']);
  assert.deepEqual([made.code, made.stdout], [0, 'jobs\n']);
  const folder = join(empty, 'jobs');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  const tested = npm(folder, 'test');
  assert.equal(tested.code, 0, tested.text);
  assert.match(tested.text, /pass 3\b/);
  const built = npm(folder, 'run', 'build');
  assert.equal(built.code, 0, built.text);
  const app = await serveApp(folder);
  const { status, body } = await app.get('/jobs', { method: 'POST', body: '{"numbers":[1,2,3]}' });
  assert.equal(status, 202);
  const { id } = JSON.parse(body) as { id: string };
  await waitUntil('it is done', async () => (await app.get(`/jobs/${id}`)).body === '{"sum":"6"}');
  assert.equal((await app.stop()).code, 0);
});

test('slight dev builds and runs, and again after each change', async () => {
  const empty = await appFolder();
  await runCommand(empty, ['new', '-n', 'shop', 'ts']);
  const folder = join(empty, 'shop');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  const source = join(folder, 'src/app.ts');
  await edit(source, 'const app =', 'const app: number =');
  const { child, stdout, stderr, ended } = startCommand(folder, ['dev', '--address', '127.0.0.1:0']);
  await waitUntil('it waits', () => stderr().includes('waiting for a change\n'));
  assert.match(stderr(), /src\/app\.ts was not built: \d+ errors?\nwaiting for a change\n$/);
  await edit(source, 'const app: number =', 'const app =');
  await waitUntil('it listens', () => /^http:\S+\n/m.test(stdout()));
  assert.match(stdout(), /^http:\S+\n$/, 'nothing else is on stdout');
  const url = stdout().trim();
  const ask = async () => await (await fetch(url)).text();
  assert.equal(await ask(), 'shop: try GET /notes\n');

  await edit(source, 'try GET /notes', 'changed');
  await waitUntil('the change is served', async () => (await ask()) === 'shop: changed\n');
  await edit(source, "'/notes/:id', async (req) => {\n  const", "'/notes/:id', async (req) => {\n  let");
  await edit(source, 'return json(note);', 'return json(nothing);');
  await waitUntil('the mistake is told', () =>
    /src\/app\.ts:\d+:\d+: Cannot find name 'nothing'/.test(stderr()),
  );
  assert.equal(await ask(), 'shop: changed\n', 'the last build goes on');

  const slightfile = join(folder, 'slightfile.toml');
  await edit(slightfile, 'notes = "sqlite"', 'notes = sqlite');
  await waitUntil('the mistake is told', () => /slightfile\.toml:8:9: this is not TOML/.test(stderr()));
  assert.equal(await ask(), 'shop: changed\n', 'the last slightfile stays');
  const before = stderr().length;
  await edit(slightfile, 'notes = sqlite', 'notes = "memory"');
  await waitUntil('it is taken up', () => stderr().slice(before).includes('the workers are replaced'));
  child.kill('SIGINT');
  assert.equal((await ended).code, 0);
});

test('what cannot be made is said, and nothing is left behind', async () => {
  const folder = await appFolder({ 'full/file': 'mine' });
  await mkdir(join(folder, 'bare'));
  for (const [args, code, message] of [
    [['new', 'ts', '-n', 'full'], 1, /^slight: full is a folder that is not empty\n {2}fix: /],
    [['new', 'ts', '-n', 'full/file'], 2, /"full\/file" is no name for a project/],
    [['new', 'ts', '-n', '../out'], 2, /is no name for a project/],
    [['new', 'ts', '-n', 'My App'], 2, /other characters than small letters, digits/],
    [['new', 'ts', '-n', 'shop@v0.5.1'], 2, /it has a release, and a project gets that of this slight/],
    [['new', 'ts', '-n', 'ts'], 2, /has a meaning of its own/],
    [['new', 'ts', '-n', 'x'.repeat(101)], 2, /101 characters/],
    [['new', 'rust', '-n', 'shop'], 2, /there is no template "rust"\n {2}fix: name one of these: ts/],
    [['new', 'constructor', '-n', 'shop'], 2, /there is no template "constructor"/],
    [['new', 'ts'], 2, /required option '-n, --name <name>'/],
    [['new', '-n', 'shop'], 2, /missing required argument 'template'/],
  ] as const) {
    const ended = await runCommand(folder, args);
    assert.equal(ended.code, code, args.join(' '));
    assert.equal(ended.stdout, '');
    assert.match(ended.stderr, message);
    assert.doesNotMatch(ended.stderr, /\n\s+at /);
  }
  assert.deepEqual(readdirSync(folder).toSorted(), ['bare', 'full']);
  assert.equal((await runCommand(folder, ['new', 'ts', '-n', 'bare'])).code, 0, 'an empty folder is taken');
  // A file in its place.
  writeFileSync(join(folder, 'taken'), '');
  const taken = await runCommand(folder, ['new', 'ts', '-n', 'taken']);
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /taken/);
  assert.ok(existsSync(join(folder, 'taken')));
});

test('the templates have the same settings', () => {
  const folder = join(root, 'packages/slight/templates');
  for (const file of ['package.json', 'gitignore', 'tsconfig.json', 'test/tsconfig.json'])
    assert.equal(
      readFileSync(join(folder, 'worker', file), 'utf8'),
      readFileSync(join(folder, 'ts', file), 'utf8'),
      file,
    );
});

test('the template names the versions that the sources use', () => {
  const read = (path: string) =>
    JSON.parse(readFileSync(join(root, path), 'utf8')).devDependencies as { [name: string]: string };
  const template = read('packages/slight/templates/ts/package.json');
  const own = read('package.json');
  for (const name of ['node', '@types/node']) assert.equal(template[name], own[name], name);
});
