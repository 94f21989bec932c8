import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, test } from 'node:test';
import { openCapability } from '../../core/open.ts';
import type { Setting } from '../../../slightfile/model.ts';
import { readAll } from '../conformance/check.ts';

const folder = mkdtempSync(join(tmpdir(), 'slight-config-file-'));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

const open = (bind: string, config: { readonly [key: string]: Setting } = {}) =>
  openCapability(
    'configs',
    { name: 'settings', bind, config },
    { dataDir: join(folder, '.slight'), timeout: 1_000 },
  );

const toml = `
title = "Orders"
count = 9223372036854775807
ratio = 1.5
wide = inf
debug = true
day = 2026-01-31
list = ["a", 1, { b = 18014398509481985 }]
"a key" = 'x'
"__proto__" = "own"
[db]
host = "localhost"
db.port = 5432
[db.pool]
size = 10
[[server]]
name = "one"
[server.disk]
size = 1
[[server]]
name = "two"
`;

void test('values of TOML keep their digits, and tables become dotted keys', async () => {
  write('all.toml', toml);
  assert.deepEqual(
    await readAll(await open('file:./all.toml')),
    Object.assign(JSON.parse('{ "__proto__": "own" }'), {
      title: 'Orders',
      count: '9223372036854775807',
      ratio: '1.5',
      wide: 'inf',
      debug: 'true',
      day: '2026-01-31',
      list: '["a",1,{"b":18014398509481985}]',
      'a key': 'x',
      'db.host': 'localhost',
      'db.db.port': '5432',
      'db.pool.size': '10',
      server: '[{"name":"one","disk":{"size":1}},{"name":"two"}]',
    }),
  );
});

void test('so do those of JSON; what is null is not there', async () => {
  write('all.json', '\ufeff{ "n": 18014398509481985, "t": { "u": [1, null, "x"], "v": null }, "e": "" }');
  assert.deepEqual(await readAll(await open('file:./all.json')), {
    n: '18014398509481985',
    't.u': '[1,null,"x"]',
    e: '',
  });
});

void test('a .env file is found by its name, other names need a format', async () => {
  for (const name of ['.env', '.env.local', 'prod.env']) {
    write(name, '# one\nexport LEVEL=debug\nTEXT="a\\nb"\n');
    assert.deepEqual(await readAll(await open(`file:${name}`)), { LEVEL: 'debug', TEXT: 'a\nb' });
  }
  write('settings', '{ "a": 1 }');
  await assert.rejects(open('file:./settings'), {
    code: 'invalid-argument',
    message: /does not say how it is written\. Add format to the bind: toml, json, env/,
  });
  await assert.rejects(open('file:./settings', { format: 'yaml' }), { message: /no format "yaml"/ });
  assert.deepEqual(await readAll(await open('file:./settings', { format: 'json' })), { a: '1' });
});

void test('keys that are named as secrets are, with all that is in them', async () => {
  write('secret.toml', 'dbname = "x"\n[db]\nhost = "h"\npassword = "p"\n[key]\nname = "n"\n');
  const configs = await open('file:./secret.toml', { secrets: ['db.password', 'key'] });
  assert.deepEqual(await readAll(configs), {
    dbname: 'x',
    'db.host': 'h',
    'db.password': { secret: 'p' },
    'key.name': { secret: 'n' },
  });
});

void test('paths begin beside the slightfile, or at the root; others are refused', async () => {
  mkdirSync(join(folder, 'a b'));
  write('a b/c.json', '{ "here": "yes" }');
  for (const bind of ['file:a%20b/c.json', `${pathToFileURL(join(folder, 'a b/c.json'))}`])
    assert.equal((await open(bind)).get('here'), 'yes', bind);
  for (const bind of ['file:', 'file:./', 'file://host/c.json', 'file:./c.json?x=1'])
    await assert.rejects(open(bind), { code: 'invalid-argument', message: /the bind names no file/ }, bind);
});

void test('a file that is not there, or that nobody can read, says so and quotes nothing', async () => {
  await assert.rejects(open('file:./gone.toml'), {
    code: 'unavailable',
    message: /^configs "settings" \(file:\.\/gone\.toml\): there is no .*gone\.toml\. Write it/,
  });
  write('broken.toml', 'fine = 1\npassword = c4nary\n');
  write('broken.json', '{ "password": "c4nary" ');
  write('list.json', '["c4nary"]');
  for (const [name, message] of [
    ['broken.toml', /cannot be understood \(line 2\)/],
    ['broken.json', /cannot be understood/],
    ['list.json', /holds no keys/],
  ] as const) {
    await assert.rejects(open(`file:./${name}`), (error: Error) => {
      assert.match(error.message, message);
      assert.ok(!String(error.stack).includes('c4nary'), String(error.stack));
      assert.equal(error.cause, undefined);
      return true;
    });
  }
});

void test('a file that breaks later is unavailable until it is whole again', async () => {
  write('live.json', '{ "a": "1" }');
  const configs = await open('file:./live.json');
  assert.equal(configs.get('a'), '1', 'at once, with no promise');
  write('live.json', '{ "a": ');
  assert.throws(() => configs.get('a'), { code: 'unavailable' });
  assert.throws(() => configs.ping(), { code: 'unavailable' });
  write('live.json', '{ "a": "2" }');
  assert.equal(configs.get('a'), '2');
});
