import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { SecretsSettings } from '../slightfile/model.ts';
import { SecretsError } from './error.ts';
import { listSecrets, openSecrets, removeSecret, rotateKey, setSecret } from './store.ts';

const root = mkdtempSync(join(tmpdir(), 'slight-secrets-'));
const former = process.env.XDG_CONFIG_HOME;
process.env.XDG_CONFIG_HOME = join(root, 'config');
after(() => {
  if (former === undefined) delete process.env.XDG_CONFIG_HOME;
  else process.env.XDG_CONFIG_HOME = former;
  rmSync(root, { recursive: true });
});

function folder(key?: string): SecretsSettings {
  const made = mkdtempSync(join(root, 'app-'));
  return { folder: made, file: join(made, 'private', 'secrets.json'), key };
}

const find = (settings: SecretsSettings, name: string) => openSecrets(settings)(name);
const refusal = (settings: SecretsSettings, name: string): string => {
  const found = find(settings, name);
  return 'value' in found ? assert.fail('it was read') : `${found.message} · ${found.fix}`;
};
const modeOf = (path: string) => statSync(path).mode & 0o777;

/** Changes what stands under `secrets` of a file. */
function edit(file: string, change: (entries: { [name: string]: string }) => void): void {
  const content = JSON.parse(readFileSync(file, 'utf8')) as { secrets: { [name: string]: string } };
  change(content.secrets);
  writeFileSync(file, JSON.stringify(content));
}

void test('a secret is kept, replaced and removed; file and key are their owner’s alone', () => {
  const settings = folder();
  assert.deepEqual(listSecrets(settings), []);
  const { key, made } = setSecret(settings, 'B', 'first');
  assert.equal(made, true);
  assert.equal(setSecret(settings, 'B', 'c4nary').made, false);
  setSecret(settings, 'A', '');
  setSecret(settings, '__proto__', 'grüße\n');
  assert.deepEqual(listSecrets(settings), ['A', 'B', '__proto__']);
  assert.deepEqual(
    ['A', 'B', '__proto__'].map((name) => find(settings, name)),
    [{ value: '' }, { value: 'c4nary' }, { value: 'grüße\n' }],
  );
  removeSecret(settings, 'A');
  assert.deepEqual(listSecrets(settings), ['B', '__proto__']);
  assert.ok(!readFileSync(settings.file, 'utf8').includes('c4nary'));
  assert.deepEqual(readdirSync(dirname(settings.file)), ['secrets.json']);
  if (process.platform === 'win32') return;
  assert.deepEqual([settings.file, key].map(modeOf), [0o600, 0o600]);
  assert.deepEqual([dirname(settings.file), dirname(key)].map(modeOf), [0o700, 0o700]);
});

void test('what is missing is said', () => {
  const settings = folder();
  assert.match(
    refusal(settings, 'A'),
    /there is no secret A in .*secrets\.json · set it: slight secret -k A/,
  );
  assert.throws(() => removeSecret(settings, 'A'), /nothing to remove/);
  setSecret(settings, 'API_KEY', 'x');
  assert.match(refusal(settings, 'API_KY'), /is API_KEY meant/);
  assert.throws(() => removeSecret(settings, 'API_KY'), { fix: 'slight secret --list shows what there is' });
});

void test('a changed entry, a moved one, one of another file and another key are told apart', () => {
  const settings = folder();
  const other = folder('file:../shared.key');
  const shared = { ...settings, key: 'file:../shared.key' };
  setSecret(shared, 'A', 'a');
  setSecret(shared, 'B', 'b');
  setSecret(other, 'A', 'c');
  const before = readFileSync(shared.file, 'utf8');
  edit(shared.file, (entries) => {
    const { A } = entries;
    entries.A = entries.B!;
    entries.B = A!;
  });
  for (const name of ['A', 'B'])
    assert.match(refusal(shared, name), /was written for another name or another file/);
  const foreign = (JSON.parse(readFileSync(other.file, 'utf8')) as { secrets: { A: string } }).secrets.A;
  edit(shared.file, (entries) => void (entries.A = foreign));
  assert.match(refusal(shared, 'A'), /was written for another name or another file, and was moved/);
  writeFileSync(shared.file, before);
  edit(shared.file, (entries) => void (entries.A = `${entries.A!.slice(0, -2)}AA`));
  assert.match(refusal(shared, 'A'), /was changed after it was written/);
  assert.deepEqual(find(shared, 'B'), { value: 'b' }, 'the others can still be read');

  writeFileSync(join(settings.folder, 'own.key'), `${Buffer.alloc(32, 7).toString('base64')}\n`, {
    mode: 0o600,
  });
  const wrong = { ...shared, key: 'file:./own.key' };
  assert.match(refusal(wrong, 'B'), /secrets\.json was written with another key than that of .*own\.key/);
  assert.throws(() => setSecret(wrong, 'C', 'c'), /another key/);
  assert.match(refusal(settings, 'B'), /the key of .* is missing: there is no .*\.key/);
  for (const text of [
    '',
    '{',
    '[]',
    '{"format":"slight-secrets-1"}',
    before.replace(/"id": "/, '$&../'),
    before.replace(/: "v1/, ': 1, "x": "v1'),
  ]) {
    writeFileSync(shared.file, text);
    assert.match(refusal(shared, 'B'), /is no file of secrets, or it is damaged/, text);
    assert.throws(() => setSecret(shared, 'C', 'c'), SecretsError);
    assert.equal(readFileSync(shared.file, 'utf8'), text, 'nothing is written over it');
  }
});

void test(
  'a key that others can read is refused, and none that is no key',
  { skip: process.platform === 'win32' && 'Windows has no such modes' },
  () => {
    const settings = folder('file:./app.key');
    setSecret(settings, 'A', 'a');
    const path = join(settings.folder, 'app.key');
    for (const mode of [0o640, 0o604, 0o666, 0o610]) {
      chmodSync(path, mode);
      assert.match(refusal(settings, 'A'), /may be read by others \(mode 06[0-9]{2}\) · .*chmod 600/);
    }
    chmodSync(path, 0o400);
    assert.deepEqual(find(settings, 'A'), { value: 'a' });
    chmodSync(path, 0o600);
    for (const text of ['', 'c4nary', `${Buffer.alloc(31).toString('base64')}`, `${'='.repeat(44)}`]) {
      writeFileSync(path, text);
      assert.match(refusal(settings, 'A'), /app\.key holds no key · a key is 32 bytes in base64: openssl/);
      assert.doesNotMatch(refusal(settings, 'A'), /c4nary/);
    }
  },
);

void test('the key may come from a variable or a command', () => {
  const text = Buffer.alloc(32, 9).toString('base64');
  const fromVariable = folder('env:SLIGHT_TEST_SECRETS_KEY');
  assert.throws(
    () => setSecret(fromVariable, 'A', 'a'),
    /the environment variable SLIGHT_TEST_SECRETS_KEY is not set/,
  );
  process.env.SLIGHT_TEST_SECRETS_KEY = text;
  setSecret(fromVariable, 'A', 'a');
  writeFileSync(
    join(fromVariable.folder, 'print-key.mjs'),
    `console.log(process.argv[2] === 'now' ? '${text}' : 'c4nary'); if (process.argv[2] === 'fail') process.exit(3)`,
  );
  const fromCommand = { ...fromVariable, key: `command:${process.execPath}  print-key.mjs now` };
  assert.deepEqual(find(fromCommand, 'A'), { value: 'a' });
  delete process.env.SLIGHT_TEST_SECRETS_KEY;
  assert.deepEqual(find(fromCommand, 'A'), { value: 'a' });
  assert.match(refusal(fromVariable, 'A'), /is not set/);
  for (const [key, message] of [
    [`command:${process.execPath} print-key.mjs later`, /the command .* holds no key/],
    [`command:${process.execPath} print-key.mjs fail`, /ended with exit code 3/],
    ['command:./nowhere', /could not be run \(ENOENT\)/],
    ['command:', /says no place/],
    ['env:A B', /says no place/],
    ['secrets.key', /says no place/],
  ] as const) {
    const said = refusal({ ...fromVariable, key }, 'A');
    assert.match(said, message);
    assert.doesNotMatch(said, /c4nary/);
  }
});

void test('rotation makes a new key, and the former one opens nothing', () => {
  const settings = folder();
  const { key } = setSecret(settings, 'A', 'a');
  setSecret(settings, 'B', 'b');
  const formerKey = join(settings.folder, 'former.key');
  copyFileSync(key, formerKey);
  assert.deepEqual(rotateKey(settings, undefined), { count: 2, key });
  assert.deepEqual(
    ['A', 'B'].map((name) => find(settings, name)),
    [{ value: 'a' }, { value: 'b' }],
  );
  assert.match(refusal({ ...settings, key: 'file:./former.key' }, 'A'), /another key/);
  // Elsewhere: a place that is there is used, a file that is not there is made.
  assert.deepEqual(rotateKey(settings, 'file:./former.key').key, formerKey);
  assert.deepEqual(find({ ...settings, key: 'file:./former.key' }, 'A'), { value: 'a' });
  const moved = { ...settings, key: 'file:./former.key' };
  rotateKey(moved, 'file:./new.key');
  assert.deepEqual(find({ ...settings, key: 'file:./new.key' }, 'B'), { value: 'b' });
  process.env.SLIGHT_TEST_SECRETS_KEY = Buffer.alloc(32, 3).toString('base64');
  rotateKey({ ...settings, key: 'file:./new.key' }, 'env:SLIGHT_TEST_SECRETS_KEY');
  const inVariable = { ...settings, key: 'env:SLIGHT_TEST_SECRETS_KEY' };
  assert.deepEqual(find(inVariable, 'B'), { value: 'b' });
  assert.throws(() => rotateKey(inVariable, undefined), /where no new one can be put[^]*--to env:NEW_KEY/);
  // One that cannot be read keeps all as it is.
  edit(settings.file, (entries) => void (entries.A = entries.B!));
  const text = readFileSync(settings.file, 'utf8');
  assert.throws(() => rotateKey(inVariable, 'file:./third.key'), /another name/);
  assert.equal(readFileSync(settings.file, 'utf8'), text);
  assert.deepEqual(
    readdirSync(settings.folder).filter((name) => name.startsWith('third')),
    [],
  );
  delete process.env.SLIGHT_TEST_SECRETS_KEY;
});

void test('a rotation that was cut short between its two files is finished by whoever reads next', () => {
  const settings = folder();
  const { key } = setSecret(settings, 'A', 'a');
  copyFileSync(key, `${key}.former`);
  rotateKey(settings, undefined);
  renameSync(key, `${key}.new`);
  renameSync(`${key}.former`, key);
  assert.deepEqual(find(settings, 'A'), { value: 'a' });
  assert.ok(!existsSync(`${key}.new`));
  assert.deepEqual(find(settings, 'A'), { value: 'a' });
});

void test('two commands do not undo each other: the second is refused while the first is at work', () => {
  const settings = folder();
  setSecret(settings, 'A', 'a');
  writeFileSync(`${settings.file}.new`, '');
  for (const change of [
    () => setSecret(settings, 'B', 'b'),
    () => removeSecret(settings, 'A'),
    () => rotateKey(settings, undefined),
  ])
    assert.throws(change, /is being written by another command[^]*remove .*secrets\.json\.new/);
  rmSync(`${settings.file}.new`);
  setSecret(settings, 'B', 'b');
  assert.deepEqual(listSecrets(settings), ['A', 'B']);
});
