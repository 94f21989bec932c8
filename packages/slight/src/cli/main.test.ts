import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

const bin = join(import.meta.dirname, '../../bin/slight.js');
const version = (
  JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }
).version;

function slight(args: string[], cwd = tmpdir()): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], { cwd, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

test('the version and the help go to stdout', () => {
  assert.deepEqual(slight(['--version']), { code: 0, out: `${version}\n`, err: '' });
  const help = slight(['run', '--help']);
  assert.equal(help.code, 0);
  assert.equal(help.err, '');
  for (const option of ['--config', '--target', '--address', '--health'])
    assert.ok(help.out.includes(option), option);
});

test('wrong use ends with 2, names the nearest, and prints no stack', () => {
  for (const [args, message] of [
    [[], /Usage: slight/],
    [['rnu'], /unknown command 'rnu'\n {2}fix: Did you mean run\?/],
    [['run', '--addres', 'x'], /unknown option '--addres'\n {2}fix: Did you mean --address\?/],
    [
      ['run', '--address', '3000'],
      /: --address '3000' is no address, HOST:PORT: it is a port without a host\n {2}fix: write the host before it, such as 127\.0\.0\.1:3000\n$/,
    ],
    [
      ['run', '--health', 'localhost:99999'],
      /--health 'localhost:99999' is no address, HOST:PORT: it is a port above 65535\n {2}fix: write a port from 0 to 65535; 0 picks a free one\n$/,
    ],
    [
      ['dev', '--address', ''],
      /--address '' is no address, HOST:PORT: it is an empty text\n {2}fix: write a host, a colon/,
    ],
    [
      ['run', '--target'],
      /argument missing\n {2}fix: slight run \[options\] \[app\]; slight help run says more\n$/,
    ],
    [['run', 'a.wasm', 'b.wasm'], /too many arguments.*\n {2}fix: slight run /],
    [['run', '--workers', '0'], /argument '0' is invalid\n {2}fix: Write a whole number from 1 to 1024\.\n$/],
    [['run', '--log-level', 'loud'], /is invalid\n {2}fix: Allowed choices are trace, /],
    [['nothing-like-it'], /unknown command 'nothing-like-it'\n {2}fix: slight help lists the commands\n$/],
    [['messages'], /missing required argument 'verb'\n {2}fix: slight messages \[options\] <verb> <name> /],
    [
      ['new', 'ts'],
      /required option '-n, --name <name>' not specified\n {2}fix: slight new <template> -n <name>;/,
    ],
    [['secret', '--nope'], /unknown option '--nope'\n {2}fix: slight secret /],
    [['clean', '-c', 'nowhere.toml'], /there is no nowhere\.toml\n {2}fix: /],
    [
      ['clean', '-c', '.'],
      /\. is a folder\n {2}fix: name the slightfile in it: slight clean -c slightfile\.toml\n$/,
    ],
    [['build', 'nowhere.ts'], /there is no nowhere\.ts\n {2}fix: /],
  ] as const) {
    const { code, out, err } = slight([...args]);
    assert.equal(code, 2, args.join(' '));
    assert.equal(out, '');
    assert.match(err, message);
    assert.doesNotMatch(err, /\n\s+at /);
  }
});

test('a build without a file to build says which it looks for', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'slight-cli-'));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.match(slight(['build'], folder).err, /there is no src\/app\.ts\n {2}fix: /);
});

test('what a build finds wrong is printed, without a stack, and ends with 1', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'slight-cli-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'app.js'), 'export const handle = (;\n');
  const { code, out, err } = slight(['build', 'app.js'], folder);
  assert.equal(code, 1);
  assert.equal(out, '');
  assert.match(err, /^building app\.js\napp\.js:1:\d+: [^]*\nslight: app\.js was not built: 1 error\n$/);
  assert.doesNotMatch(err, /\n\s+at /);
});

test('what a command made goes to stdout for programs; a terminal shows it once, on stderr', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slight-cli-'));
  try {
    const made = slight(['new', 'ts', '-n', 'one'], folder);
    assert.deepEqual([made.code, made.out], [0, 'one\n']);
    const terminal = 'data:text/javascript,process.stdout.isTTY = true';
    const args = ['--import', terminal, bin, 'new', 'ts', '-n', 'two'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    assert.deepEqual([status, stdout], [0, '']);
    assert.match(stderr, /^created two,/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
