import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSecrets } from '../src/secrets/store.ts';
import { appFolder, runCommand } from './slight.ts';

const bin = join(import.meta.dirname, '../bin/slight.js');
const slightfile = 'specversion = "0.3"\n[secrets]\nkey = "file:./app.key"\n';

async function secrets(files: { readonly [path: string]: string } = { 'slightfile.toml': slightfile }) {
  const folder = await appFolder(files);
  const slight = (args: string, input?: string, env?: NodeJS.ProcessEnv) =>
    runCommand(folder, ['secret', ...args.split(' ').filter((arg) => arg !== '')], env, input);
  return { folder, slight };
}

test('a secret is set from stdin, listed and removed', async () => {
  const { folder, slight } = await secrets();
  const first = await slight('-k API_KEY', 'c4nary\n');
  assert.deepEqual([first.code, first.stdout], [0, '']);
  assert.match(
    first.stderr,
    /^set API_KEY in slightfile\.secrets\.json\nmade its key, .*app\.key: .*keep a copy.*\n$/,
  );
  assert.equal((await slight('--key B', 'two\nlines\n')).stderr, 'set B in slightfile.secrets.json\n');
  assert.deepEqual(await slight('--list'), { code: 0, signal: null, stdout: 'API_KEY\nB\n', stderr: '' });
  assert.equal((await slight('-k B --remove')).stderr, 'removed B from slightfile.secrets.json\n');
  assert.equal((await slight('--list --json')).stdout, '{"secrets":["API_KEY"]}\n');
  assert.deepEqual((await readdir(folder)).toSorted(), [
    'app.key',
    'slightfile.secrets.json',
    'slightfile.toml',
  ]);
  assert.equal(
    await readFile(join(folder, 'slightfile.toml'), 'utf8'),
    slightfile,
    'the slightfile is not touched',
  );
  if (process.platform !== 'win32') assert.equal((await stat(join(folder, 'app.key'))).mode & 0o777, 0o600);
  const empty = await secrets();
  const { code, stdout, stderr } = await empty.slight('--list');
  assert.deepEqual([code, stdout], [0, '']);
  assert.match(stderr, /there are no secrets/);
});

test('a value on the command line is taken, with a warning', async () => {
  const { slight } = await secrets();
  const { code, stderr } = await slight('-k A -v c4nary');
  assert.equal(code, 0);
  assert.match(
    stderr,
    /^warning: a value on the command line stays in the history[^]*list of processes\n {2}fix: [^]*set A/,
  );
  assert.doesNotMatch(stderr, /c4nary/);
  assert.equal((await slight('-k EMPTY --value=')).code, 0);
});

test('a rotation leaves nothing that the former key opens', async () => {
  const { folder, slight } = await secrets();
  await slight('-k A', 'a');
  const former = await readFile(join(folder, 'app.key'));
  const { code, stderr } = await slight('--rotate');
  assert.equal(code, 0);
  assert.match(stderr, /^encrypted 1 secret of slightfile\.secrets\.json anew; the key is in .*app\.key\n/);
  await writeFile(join(folder, 'app.key'), former);
  const wrong = await slight('-k B', 'b');
  assert.deepEqual([wrong.code, wrong.stdout], [1, '']);
  assert.match(wrong.stderr, /^slight: .* was written with another key than that of .*app\.key\n {2}fix: /);
});

test('a target may have secrets of its own', async () => {
  const { slight } = await secrets({
    'slightfile.toml': `${slightfile}[target.cloud.secrets]\nfile = "cloud.json"\n[keyvalue]\na = "\${secrets.MISSING}"\n`,
  });
  await slight('-k A', 'a');
  assert.match((await slight('-k B --target cloud', 'b')).stderr, /set B in cloud\.json/);
  assert.equal((await slight('--list')).stdout, 'A\n');
  assert.equal((await slight('--list --target cloud')).stdout, 'B\n');
  assert.match((await slight('--list --target clod')).stderr, /is "cloud" meant/);
});

test('wrong use ends with 2 and says what is right, and shows no value', async () => {
  const { slight } = await secrets();
  for (const [args, message, input] of [
    ['', /no secret was named\n {2}fix: slight secret -k NAME/],
    ['--remove', /no secret was named\n {2}fix: slight secret -k NAME --remove/],
    ['-k A --list', /--list is about all secrets\n {2}fix: leave -k A out/],
    ['--list --rotate', /--list and --rotate are two things/],
    ['-k A --remove -v c4nary', /--remove takes no value/],
    ['-k A --json -v c4nary', /--json is for lists/],
    ['-k A --to env:B -v c4nary', /--to says where the next key is/],
    ['-k 1A -v c4nary', /"1A" is no name for a secret\n {2}fix: use up to 128 letters/],
    ['-k A', /nothing was set: the value is empty\n {2}fix: .*-v ""/, '\n'],
    ['-k A', /nothing was set: the value is larger than 1 MiB/, 'x'.repeat(1_048_577)],
    ['-k A', /nothing was set: the value is larger than 1 MiB/, 'é'.repeat(2_000_001)],
  ] as const) {
    const { code, stdout, stderr } = await slight(args, input ?? 'c4nary');
    assert.deepEqual([code, stdout], [2, ''], args);
    assert.match(stderr, message, args);
    assert.doesNotMatch(stderr, /c4nary|^\s+at /m, args);
  }
  assert.equal((await slight('--list')).stdout, '');
  const nowhere = await secrets({});
  const { code, stderr } = await nowhere.slight('-k A', 'a');
  assert.equal(code, 2);
  assert.match(stderr, /secrets belong to a slightfile, and there is no slightfile\.toml here/);
  assert.match(
    (await nowhere.slight('-k A -c other.toml', 'a')).stderr,
    /other\.toml: there is no such file/,
  );
});

const noTerminal =
  spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0 ? false : 'script is not installed';

test('on a terminal the value is asked for and not shown', { skip: noTerminal }, async () => {
  const { folder } = await secrets();
  const command = `${process.execPath} ${bin} secret -k A`;
  /** What the terminal showed. */
  const type = (keys: string) =>
    new Promise<string>((resolve) => {
      const terminal = spawn('script', ['-qec', command, '/dev/null'], { cwd: folder, stdio: 'pipe' });
      let shown = '';
      let asked = false;
      terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
        shown += text;
        if (asked || !shown.includes('not shown')) return;
        asked = true;
        terminal.stdin.write(keys);
      });
      terminal.on('close', () => resolve(shown));
    });
  const shown = await type('wrong\u0015c4narü\u007fy\r');
  assert.match(shown, /Value of A \(not shown\): \r?\n[^]*set A in slightfile\.secrets\.json/);
  assert.doesNotMatch(shown, /4nar|wrong/);
  const file = join(folder, 'slightfile.secrets.json');
  assert.deepEqual(openSecrets({ folder, file, key: 'file:./app.key' })('A'), { value: 'c4nary' });
  const gone = await type('c4nary\u0003');
  assert.match(gone, /nothing was set/);
  assert.doesNotMatch(gone, /4nar/);
  assert.match(await type('\u0004'), /nothing was set/);
});
