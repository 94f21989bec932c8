import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { buildCGuest, clangMissing } from '../../../test/guests/clang.ts';
import { buildScriptGuest } from './guests.ts';
import { appFolder, isAlive, runCommand, serveApp, waitUntil, type Served } from './slight.ts';

const slightfile = `specversion = "0.3"
[app]
component = "app.wasm"
[sql]
shop = "sqlite"
other = "sqlite:./other.db"
[limits]
deadline = "8s"
cpu = "1s"
`;
let component: Uint8Array;
before(async () => (component = await buildScriptGuest('sql')));

async function serve(args: readonly string[] = []): Promise<{ folder: string; app: Served }> {
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
  const app = await serveApp(folder, args);
  assert.equal((await app.get('/setup', { method: 'POST' })).body, '"ready"');
  return { folder, app };
}

const post = (app: Served, path: string, body = '') => app.get(path, { method: 'POST', body });
const parse = async (answer: Promise<{ body: string }>): Promise<any> => JSON.parse((await answer).body);
const run = (app: Served, text: string) => parse(post(app, '/run', text));
const endless = 'with recursive c (x) as (select 1 union all select x + 1 from c) select count(*) from c';

test('two databases side by side, each with its own; another name is denied', async () => {
  const { folder, app } = await serve(['--workers', '2']);
  assert.equal((await post(app, '/orders/shop/Ada')).body, '{"id":1}');
  assert.equal((await post(app, '/orders/other/Bob')).body, '{"id":1}');
  const twice = await post(app, '/orders/shop/Ada');
  assert.equal(twice.status, 409);
  const { code, message } = JSON.parse(twice.body) as { code: string; message: string };
  assert.equal(code, 'already-exists');
  assert.match(message, /orders\.customer/);
  assert.deepEqual(await parse(app.get('/orders/shop')), [{ customer: 'Ada', total: '1.50' }]);
  assert.deepEqual(await parse(app.get('/orders/other')), [{ customer: 'Bob', total: '1.50' }]);
  const denied = await parse(app.get('/denied'));
  assert.equal(denied.code, 'permission-denied');
  assert.match(denied.message, /\[sql\] in .*slightfile\.toml: secret = "sqlite"/);
  await app.stop();
  assert.ok(existsSync(join(folder, '.slight/sql/shop.db')) && existsSync(join(folder, 'other.db')));

  // The data is there after a restart.
  const again = await serveApp(folder);
  assert.deepEqual(await parse(again.get('/orders/shop')), [{ customer: 'Ada', total: '1.50' }]);
  await again.stop();
});

test('an app that imports databases and was not granted any does not start', async () => {
  const folder = await appFolder({
    'app.wasm': component,
    'slightfile.toml': slightfile.replace(/\[sql\][^[]*/, ''),
  });
  const { code, stderr } = await runCommand(folder, ['run']);
  assert.equal(code, 1);
  assert.match(stderr, /\[sql\]/);
});

test('a value of any type comes back through a guest as it was', async () => {
  const { app } = await serve();
  const digits = (most: number) => fc.bigInt({ min: 0n, max: 10n ** BigInt(most) - 1n }).map(String);
  const day = fc.date({ min: new Date(0), max: new Date('2999-12-31'), noInvalidDate: true });
  const coded = fc.oneof(
    fc.constant({ type: 'null', text: '' }),
    fc.boolean().map((value) => ({ type: 'boolean', text: String(value) })),
    fc
      .oneof(
        fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, 2n ** 53n - 1n, 0n),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      )
      .map((value) => ({ type: 'integer', text: String(value) })),
    fc
      .double({ noNaN: true })
      .filter((value) => !Object.is(value, -0))
      .map((value) => ({ type: 'float', text: String(value) })),
    fc.string({ unit: 'binary', maxLength: 40 }).map((text) => ({ type: 'text', text })),
    fc
      .uint8Array({ maxLength: 60 })
      .map((bytes) => ({ type: 'blob', text: Buffer.from(bytes).toString('hex') })),
    fc.tuple(digits(20), digits(9)).map(([whole, part]) => ({ type: 'decimal', text: `-${whole}.${part}` })),
    day.map((date) => ({ type: 'date', text: date.toISOString().slice(0, 10) })),
    day.map((date) => ({ type: 'time', text: date.toISOString().slice(11, 23) })),
    day.map((date) => ({ type: 'timestamp', text: date.toISOString() })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(coded, { minLength: 1, maxLength: 12 }), async (values) => {
      const back = (await parse(post(app, '/echo', JSON.stringify(values)))) as {
        type: string;
        text: string;
      }[];
      assert.deepEqual(
        back.map(({ text }) => text),
        values.map(({ text }) => text),
      );
      for (const [index, { type }] of back.entries()) {
        const { type: given, text } = values[index]!;
        const safe = Number.isSafeInteger(Number(text));
        if (given === 'integer') assert.equal(type, safe ? 'number' : 'bigint');
        else if (given === 'float') assert.equal(type, 'number');
        else if (given === 'boolean' || given === 'null' || given === 'blob') assert.equal(type, given);
        else assert.equal(type, 'string');
      }
    }),
    { numRuns: 40 },
  );
  await app.stop();
});

test('rows are streamed, and what a request left open is let go', async () => {
  const { app } = await serve();
  assert.deepEqual(await parse(app.get('/count/5000')), { sum: 12_502_500 });
  // More than there are connections.
  for (let round = 0; round < 12; round++) assert.equal((await app.get('/leave')).body, '"left"');
  assert.deepEqual(await parse(app.get('/count/3')), { sum: 6 });
  await app.stop();
});

test('a transaction that begins when its guest is gone keeps nobody waiting', async () => {
  const one = slightfile.replace('shop = "sqlite"', 'shop = { bind = "sqlite", connections = 1 }');
  const app = await serveApp(await appFolder({ 'app.wasm': component, 'slightfile.toml': one }));
  await post(app, '/setup');
  const slow = run(
    app,
    'with recursive c (x) as (select 1 union all select x + 1 from c where x < 3000000) select count(*) as n from c',
  );
  await sleep(100);
  const left = new AbortController();
  const waiting = app.get('/transaction/commit', { method: 'POST', signal: left.signal });
  await sleep(100);
  left.abort();
  await assert.rejects(waiting);
  await waitUntil('its call has ended', () => /POST \/transaction\/commit 499/.test(app.stderr()));
  assert.deepEqual(await slow, [{ n: 3_000_000 }]);
  assert.equal(await parse(post(app, '/transaction/commit')), 'committed');
  await app.stop();
});

test('a transaction commits, or leaves nothing: when it throws, when a statement fails, when its guest is ended', async () => {
  const { app } = await serve();
  assert.equal(await parse(post(app, '/transaction/throw')), 'Error: no');
  assert.equal((await parse(post(app, '/transaction/twice'))).code, 'already-exists');
  assert.equal((await post(app, '/transaction/hang')).status, 504);
  assert.deepEqual(await parse(app.get('/orders/shop')), []);
  assert.equal(await parse(post(app, '/transaction/commit')), 'committed');
  assert.equal((await parse(app.get('/orders/shop'))).length, 1);
  await app.stop();
});

test('what comes from outside is a value', async () => {
  const { app } = await serve();
  await post(app, '/orders/shop/Ada');
  for (const name of [
    "' OR '1'='1",
    "Ada'; DROP TABLE orders; --",
    '" OR 1=1 --',
    "Ada' UNION SELECT sql FROM sqlite_master --",
  ])
    assert.deepEqual(await parse(app.get(`/find?name=${encodeURIComponent(name)}`)), [], name);
  assert.equal((await parse(app.get('/orders/shop'))).length, 1);
  await app.stop();
});

test('SQL that an attacker wrote stays in its database', async () => {
  const { folder, app } = await serve();
  const out = join(folder, 'out.db');
  const denied = [
    `ATTACH '${out}' AS x`,
    `/* x */ aTtAcH -- y\n '${out}' as x`,
    `VACUUM INTO '${out}'`,
    `vacuum /**/ main into '${out}'`,
    'VACUUM',
    'DETACH main',
    "SELECT load_extension('/tmp/x.so')",
    "WITH c AS (SELECT load_extension('/tmp/x.so') AS a) SELECT CASE WHEN 1 THEN (SELECT a FROM c) END",
    'PRAGMA journal_mode = DELETE',
    'PRAGMA synchronous = OFF',
    'PRAGMA writable_schema = ON',
    'PRAGMA foreign_keys = OFF',
    'PRAGMA temp_store_directory',
    'SELECT * FROM dbstat',
    'CREATE TEMP TABLE t (a)',
    'CREATE TABLE temp.t (a)',
    'CREATE VIEW "TEMP".t AS SELECT 1',
    'CREATE TRIGGER temp.t AFTER INSERT ON orders BEGIN SELECT 1; END',
    'INSERT INTO sqlite_temp_master VALUES (1, 1, 1, 1, 1)',
    'CREATE VIRTUAL TABLE t USING fts4(a, tokenize=unicode61)',
    'CREATE VIRTUAL TABLE t USING dbstat',
    'BEGIN',
  ];
  for (const text of denied) assert.equal((await run(app, text)).code, 'permission-denied', text);

  // Hidden in a view and a trigger, which SQLite takes as text first.
  await run(app, "CREATE VIEW sly AS SELECT load_extension('/tmp/x.so') AS a");
  assert.match((await run(app, 'SELECT * FROM sly')).message, /load_extension/);
  await run(app, "CREATE TRIGGER sly2 AFTER INSERT ON orders BEGIN SELECT load_extension('/tmp/x.so'); END");
  assert.match((await run(app, "INSERT INTO orders (customer) VALUES ('x')")).message, /load_extension/);
  assert.deepEqual(await parse(app.get('/orders/shop')), []);
  await run(app, 'DROP TRIGGER sly2');
  for (const body of [`ATTACH '${out}' AS x`, `VACUUM INTO '${out}'`]) {
    const made = await run(app, `CREATE TRIGGER no AFTER INSERT ON orders BEGIN ${body}; END`);
    assert.equal(made.code, 'invalid-argument', 'SQLite knows no such trigger');
  }
  for (const text of ['UPDATE sqlite_master SET sql = NULL', 'DELETE FROM sqlite_schema'])
    assert.equal((await run(app, text)).code, 'invalid-argument', text);
  assert.equal((await run(app, 'SELECT 1; DROP TABLE orders')).code, 'invalid-argument');
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('out')),
    [],
  );
  // What only tells is allowed.
  assert.equal((await run(app, 'PRAGMA table_info(orders)')).length, 3);
  assert.equal((await run(app, "SELECT name FROM pragma_table_info('orders')")).length, 3);
  assert.deepEqual(await run(app, 'PRAGMA user_version = 7'), []);
  assert.deepEqual(await run(app, 'PRAGMA user_version'), [{ user_version: 7 }]);
  await app.stop();
});

test('a statement that never ends is ended in time, while everybody else is answered', async () => {
  const { app } = await serve();
  await post(app, '/orders/shop/Ada');
  let over = false;
  const running = [
    run(app, endless),
    run(app, `INSERT INTO orders (customer) ${endless.replace('select count(*)', 'select x')}`),
  ];
  const ended = Promise.all(running).then((answers) => {
    over = true;
    return answers;
  });
  let answered = 0;
  while (!over) {
    const read = await app.get('/orders/shop');
    assert.equal(read.status, 200, app.stderr());
    assert.equal((await app.get('/nowhere')).status, 404);
    if (!over) answered++;
  }
  assert.ok(answered > 0, 'nobody was answered meanwhile');
  const [reading, writing] = await ended;
  assert.deepEqual([reading.code, reading.outcome], ['timeout', 'none']);
  assert.deepEqual([writing.code, writing.outcome], ['timeout', 'unknown']);
  // Whatever it held went with it.
  assert.equal((await post(app, '/orders/shop/Bob')).status, 201);
  assert.deepEqual(
    (await parse(app.get('/orders/shop'))).map(({ customer }: { customer: string }) => customer),
    ['Ada', 'Bob'],
  );
  await app.stop();
});

test('no process is left when the app ends, not even one that runs a statement without end', async () => {
  const { app } = await serve();
  const worker = await app.worker();
  const left = run(app, endless).catch(() => undefined);
  const runners = async () => (await app.workers()).filter((pid) => pid !== worker);
  await waitUntil('a runner is there', async () => (await runners()).length > 0);
  const pids = await runners();
  app.child.kill('SIGKILL');
  await left;
  await waitUntil('the runners end', () => !pids.some(isAlive));
});

test('without a slightfile any name is a database of its own', async () => {
  const folder = await appFolder({ 'app.wasm': component });
  const app = await serveApp(folder, ['app.wasm']);
  assert.equal((await post(app, '/setup')).body, '"ready"');
  assert.equal((await post(app, '/orders/other/Ada')).body, '{"id":1}');
  assert.deepEqual(await parse(app.get('/orders/shop')), []);
  assert.match((await app.stop()).stderr, /sql +\(any name\) +sqlite in /);
  assert.ok(existsSync(join(folder, '.slight/sql/other.db')));
});

test('a command has its databases, too', async () => {
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
  assert.equal((await runCommand(folder, ['run', '--', "it's"])).stdout, "it's\n");
  const { code, stdout, stderr } = await runCommand(folder, ['run', '--', 'said']);
  assert.deepEqual([code, stdout, stderr], [0, "it's\nsaid\n", '']);
});

test('an app in C keeps what it commits, and nothing that it left', { skip: clangMissing }, async () => {
  const folder = await appFolder({
    'app.wasm': await buildCGuest('sql'),
    'slightfile.toml': slightfile,
  });
  const app = await serveApp(folder);
  const ask = (method: string, path: string) => app.get(path, { method });
  assert.equal((await ask('PUT', '/shop/Ada')).status, 201);
  assert.equal((await ask('GET', '/shop/Ada')).body, '9223372036854775807');
  const twice = await ask('PUT', '/shop/Ada');
  assert.equal(twice.status, 409);
  assert.match(twice.body, /UNIQUE constraint failed: names\.name/);
  for (let round = 0; round < 6; round++) assert.equal((await ask('DELETE', '/shop/Bob')).body, 'left');
  assert.equal((await ask('GET', '/shop/Bob')).status, 404);
  assert.equal((await ask('POST', '/shop/')).body, '1');
  assert.equal((await ask('POST', '/other/')).body, '0');
  assert.equal((await ask('GET', '/secret/Ada')).status, 403);
  await app.stop();
});
