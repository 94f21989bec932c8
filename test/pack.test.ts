import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, sep } from 'node:path';
import { before, after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { packAll } from '../scripts/pack.ts';

const root = join(import.meta.dirname, '..');
const names = ['build', 'component', 'guest', 'slight', 'wasi', 'wit'];
const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;

let folder: string;
/** The command, as npm installs it. */
let slight: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'slight-packed-'));
  const packed = packAll(join(folder, 'tarballs'));
  assert.deepEqual(
    packed.map(({ name }) => name),
    names.map((name) => `@spiderlightning/${name}`),
  );
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const files = packed.map(({ tarball }) => tarball);
  execFileSync(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', ...files],
    {
      cwd: folder,
      stdio: 'pipe',
    },
  );
  slight = join(folder, 'node_modules/.bin/slight');
});

after(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, args: readonly string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

/** A Node older than the one needed, as people have it: from the PATH, not from a node_modules. */
const oldNode = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((path) => path !== '' && !path.includes('node_modules'))
  .map((path) => join(path, 'node'))
  .find((program) => existsSync(program) && Number(/^v(\d+)/.exec(versionOf(program))?.[1] ?? 26) < 26);

function versionOf(program: string): string {
  return spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout ?? '';
}

const skip = oldNode === undefined && 'needs a Node below 26 on the PATH';

test('each package holds what it promises, and no sources or tests', () => {
  for (const name of names) {
    const place = join(folder, 'node_modules/@spiderlightning', name);
    for (const file of ['README.md', 'LICENSE', 'package.json'])
      assert.ok(existsSync(join(place, file)), `${name}/${file}`);
    const manifest = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as {
      [key: string]: unknown;
    };
    assert.equal(manifest['license'], 'MIT');
    assert.equal(manifest['version'], version);
    assert.equal(manifest['devDependencies'], undefined);
    assert.deepEqual(manifest['engines'], { node: '>=26.4' });
    assert.doesNotMatch(JSON.stringify([manifest['exports'], manifest['imports']]), /src/);
    // Templates are what they will be: sources, with tests.
    const exclude = (path: string) => /node_modules|^templates$/.test(path);
    const files = globSync('**/*', { cwd: place, exclude });
    const wrong = files.filter(
      (path) => path.includes('.test.') || (path.endsWith('.ts') && !path.endsWith('.d.ts')),
    );
    assert.deepEqual(wrong, [], name);
  }
  const interfaces = globSync('*.wit', { cwd: join(folder, 'node_modules/@spiderlightning/wit/wit') });
  assert.ok(interfaces.includes('keyvalue.wit'));
});

test('what every start loads is laid together, and finds the files that it names', () => {
  let named = 0;
  for (const name of ['component', 'slight', 'wasi']) {
    const dist = join(folder, 'node_modules/@spiderlightning', name, 'dist');
    const modules = globSync('**/*.js', { cwd: dist });
    assert.deepEqual(
      modules.filter((path) => path.includes(sep)),
      [],
      name,
    );
    for (const path of modules) {
      const url = pathToFileURL(join(dist, path));
      const text = readFileSync(url, 'utf8');
      for (const [, file] of text.matchAll(/new URL\("(\.[^"]*)", import\.meta\.url\)/g)) {
        assert.ok(existsSync(new URL(file!, url)), `${name}/${path}: ${file}`);
        named++;
      }
    }
  }
  // What starts load in one go are a few files, and no chunk among them that another part needs too.
  const slightFolder = join(folder, 'node_modules/@spiderlightning/slight/dist');
  const worker = readFileSync(join(slightFolder, 'worker.js'), 'utf8');
  assert.match(worker, /from "\.\/start-/);
  assert.doesNotMatch(worker, /^import .*chunk-/m);
  // An import of Node's own by name loads what nobody asked for.
  for (const path of globSync('{main,worker,start-*}.js', { cwd: slightFolder }))
    assert.doesNotMatch(readFileSync(join(slightFolder, path), 'utf8'), /^import \{.*from "node:/m, path);
  // The worker, SQL's process and its watchdog, the version twice, and the templates.
  assert.equal(named, 6);
});

/** The names by which modules of the packages are imported. */
function entries(): string[] {
  return names.flatMap((name) => {
    const place = join(folder, 'node_modules/@spiderlightning', name, 'package.json');
    const { exports } = JSON.parse(readFileSync(place, 'utf8')) as { exports: { [path: string]: unknown } };
    const modules = Object.keys(exports).filter((path) => /\.js\b/.test(JSON.stringify(exports[path])));
    return modules.map((path) => `@spiderlightning/${name}${path.slice(1)}`);
  });
}

test('each module of the packages can be imported', () => {
  // What authors of guests import needs a guest around it.
  const lines = entries()
    .filter((entry) => !entry.includes('/guest'))
    .map((entry) => `await import('${entry}');`);
  assert.ok(lines.length >= 5);
  const { code, err } = run(process.execPath, ['--input-type=module', '--eval', lines.join('\n')]);
  assert.equal(code, 0, err);
});

test('the declarations serve who compiles against them', () => {
  const lines = entries().map(
    (entry, index) => `import * as p${index} from '${entry}';\nexport { p${index} };`,
  );
  writeFileSync(join(folder, 'uses.ts'), `${lines.join('\n')}\n`);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext', '--lib', 'esnext'];
  const { code, out } = run(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    ...options,
    '--skipLibCheck',
    'uses.ts',
  ]);
  assert.equal(code, 0, out);
});

test('slight runs, and ends with the right code', () => {
  assert.deepEqual(run(process.execPath, [slight, '--version']), { code: 0, out: `${version}\n`, err: '' });
  assert.equal(run(process.execPath, [slight, 'rnu']).code, 2);
});

test('under an old Node it says what to install', { skip }, () => {
  const { code, out, err } = run(oldNode!, [slight, '--version']);
  assert.equal(code, 1);
  assert.equal(out, '');
  assert.match(
    err,
    /^slight: Node\.js 26\.4 or newer is needed, and this is \d+\.[\d.]+\n {2}fix: .*npm install node-\S+@26/,
  );
  assert.equal(err.trimEnd().split('\n').length, 2);
});

/** Installs a package `node` of that version, whose program is the Node that runs the tests. */
function packNode(number: string): () => void {
  const packaged = join(folder, 'node_modules/node');
  mkdirSync(packaged);
  const manifest = JSON.stringify({ version: number, bin: { node: 'bin/node' } });
  writeFileSync(join(packaged, 'package.json'), manifest);
  symlinkSync(dirname(process.execPath), join(packaged, 'bin'));
  return () => rmSync(packaged, { recursive: true, force: true });
}

test('under an old Node it runs in a packaged one that is new enough', { skip }, (t) => {
  t.after(packNode('26.10.0'));
  assert.deepEqual(run(oldNode!, [slight, '--version']), { code: 0, out: `${version}\n`, err: '' });
  assert.equal(run(oldNode!, [slight, 'rnu']).code, 2);
  rmSync(join(folder, 'node_modules/node/bin'));
  assert.match(
    run(oldNode!, [slight, '--version']).err,
    /is needed/,
    'a package without its program is none',
  );
});

test('a packaged Node that is too old is not used', { skip }, (t) => {
  t.after(packNode('24.0.0'));
  assert.match(run(oldNode!, [slight, '--version']).err, /is needed/);
});

test('a build without its package says what to install', (t) => {
  const place = join(folder, 'node_modules/@spiderlightning/build');
  renameSync(place, `${place}-away`);
  t.after(() => renameSync(`${place}-away`, place));
  writeFileSync(join(folder, 'empty.ts'), '');
  const { code, err } = run(process.execPath, [slight, 'build', 'empty.ts']);
  assert.equal(code, 1);
  assert.match(
    err,
    /^slight: .*@spiderlightning\/build.*\n {2}fix: npm install --save-dev @spiderlightning\/build\n$/,
  );
});

test('an app is built and served by what was installed, started under any Node', async (t) => {
  const app = `import { router, text } from '@spiderlightning/guest';
import type { Request } from 'spiderlightning:cloud/http-types@0.6.0';
const method: keyof Request = 'method';
export default router().get('/', async (req) => text(new URL('/packed', req.url).pathname.slice(1), { headers: { method } }));
`;
  writeFileSync(join(folder, 'app.ts'), app);
  // Strict about the declarations of the packages too: nothing is skipped.
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: 'nodenext',
    target: 'esnext',
    lib: ['esnext'],
    types: ['@spiderlightning/guest/globals'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }));
  const built = run(process.execPath, [slight, 'build', 'app.ts']);
  assert.deepEqual({ code: built.code, out: built.out }, { code: 0, out: 'dist/app.wasm\n' }, built.err);

  // What comes before an `@` on one line passes for a credential: the bind must not share one with the release.
  const redis =
    'specversion = "0.3"\n[app]\ncomponent = "dist/app.wasm"\n[keyvalue]\nnotes = "redis://127.0.0.1:1"\n';
  writeFileSync(join(folder, 'redis.toml'), redis);
  const without = run(process.execPath, [slight, 'run', '-c', 'redis.toml']);
  assert.equal(without.code, 1);
  assert.match(
    without.err,
    /redis\.toml:5:\d+: .*redis:\/\/127\.0\.0\.1:1.* ioredis is not installed [^]*\n {2}fix: npm install ioredis@6/,
  );

  t.after(packNode('26.10.0'));
  const server = spawn(
    oldNode ?? process.execPath,
    [slight, 'run', 'dist/app.wasm', '--address', '127.0.0.1:0'],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(server, 'exit');
  t.after(() => server.kill('SIGKILL'));
  const [line] = (await Promise.race([once(server.stdout.setEncoding('utf8'), 'data'), ended])) as [unknown];
  assert.match(String(line), /^http:\/\/127\.0\.0\.1:\d+\n$/, said);
  const url = String(line).trim();
  assert.equal(await (await fetch(url)).text(), 'packed');
  server.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null], said);
  await assert.rejects(fetch(url), 'nothing was left running');
});
