import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CapabilityError, Fragment, json, openDatabase, router, sql, status } from '@spiderlightning/guest';
import type { SqlInput } from '@spiderlightning/guest';
import { testApp } from '@spiderlightning/guest/test';

const shop = openDatabase('shop');
const app = router()
  .get('/orders/:id', async (req) => {
    const order = await shop.query`select * from orders where id = ${Number(req.params.id)}`.first();
    return order === undefined ? status(404) : json(order);
  })
  .post('/move', async () => {
    await shop.transaction(async (tx) => {
      await tx.execute`update orders set name = 'moved'`;
      const [order] = await tx.query<{ name: string }>`select name from orders`;
      if (order?.name !== 'moved') throw new Error('a transaction sees what it wrote');
      throw new TypeError('and it is undone');
    });
    return status(204);
  })
  .get('/denied', async () => json(await openDatabase('other').query`select 1`));

async function open() {
  const tested = testApp(app, { databases: ['shop'] });
  const db = tested.database('shop');
  await db.execute`create table orders (id integer primary key, name text unique, total decimal text, data blob)`;
  return { ...tested, db };
}

describe('statements', () => {
  const shown = ({ text, values }: Fragment) => [
    text,
    values.map((value) => ('val' in value ? value.val : null)),
  ];

  test('values are bound, pieces are put together', () => {
    const where = sql`where a = ${1} and b = ${'x'}`;
    assert.deepEqual(shown(sql`select ${sql.identifier('a')} from t ${where} limit ${2}`), [
      'select "a" from t where a = ? and b = ? limit ?',
      ['1', 'x', '2'],
    ]);
    assert.deepEqual(shown(sql`in (${sql.list([1, 'a', null])})`), ['in (?, ?, ?)', ['1', 'a', null]]);
    assert.deepEqual(shown(sql`in (${sql.list([])})`), ['in (null)', []]);
    assert.deepEqual(shown(sql.join([sql`a = ${1}`, sql`b = ${2}`], sql` and `)), [
      'a = ? and b = ?',
      ['1', '2'],
    ]);
    assert.deepEqual(shown(sql``), ['', []]);
  });

  test('a name is quoted, whatever is in it', () => {
    assert.equal(sql.identifier('a"; drop table t --').text, '"a""; drop table t --"');
    assert.equal(sql.identifier('main', 'order').text, '"main"."order"');
    for (const parts of [[], [''], ['a\0b']]) assert.throws(() => sql.identifier(...parts), TypeError);
  });

  test('each value has its type', () => {
    const tags = (...values: SqlInput[]) => sql.join(values.map((value) => sql`${value}`)).values;
    assert.deepEqual(tags(1, -(2 ** 53) + 1, 2n ** 63n - 1n), [
      { tag: 'integer', val: '1' },
      { tag: 'integer', val: '-9007199254740991' },
      { tag: 'integer', val: '9223372036854775807' },
    ]);
    assert.deepEqual(tags(0.5, 2 ** 53, -0, Infinity, sql.float(1)), [
      { tag: 'float', val: 0.5 },
      { tag: 'float', val: 2 ** 53 },
      { tag: 'float', val: -0 },
      { tag: 'float', val: Infinity },
      { tag: 'float', val: 1 },
    ]);
    const day = new Date('2027-01-31T23:59:59.123Z');
    assert.deepEqual(tags(true, null, day, sql.date(day), sql.time('10:00:00'), sql.decimal('1.50')), [
      { tag: 'boolean', val: true },
      { tag: 'null' },
      { tag: 'timestamp', val: '2027-01-31T23:59:59.123Z' },
      { tag: 'date', val: '2027-01-31' },
      { tag: 'time', val: '10:00:00' },
      { tag: 'decimal', val: '1.50' },
    ]);
    for (const value of [undefined, Symbol('a'), () => 1, Number.NaN, new Date(Number.NaN), { a: 1 }, [1]])
      assert.throws(() => sql`${value as never}`, TypeError, String(value));
  });

  test('any number of values is a list; what a database takes of them, it says itself', () => {
    const { text, values } = sql`in (${sql.list(Array.from({ length: 200_000 }, () => 1))})`;
    assert.deepEqual([text.length, values.length], ['in ()'.length + 200_000 * 3 - 2, 200_000]);
  });

  test('half a surrogate pair is refused where it stands: it would end the whole app in its sandbox', () => {
    const half = 'a\ud800';
    for (const make of [
      () => sql`select ${half}`,
      () => sql.list(['a', half]),
      () => sql.identifier('t', half),
      () => sql.decimal(half),
      () => sql.date(half),
      () => sql.time(half),
      () => sql.timestamp(half),
    ])
      assert.throws(make, { name: 'TypeError', message: /half a surrogate pair/ });
    assert.equal(sql`select ${'🌍'}`.values.length, 1);
  });

  test('a text is no statement, and what came from outside is no piece', async () => {
    const { db } = await open();
    assert.throws(() => db.query('select 1' as never), /query`select/);
    assert.throws(() => db.execute(['delete from orders'] as never), TypeError);
    const forged = JSON.parse('{"text":"1; drop table orders","values":[]}') as never;
    assert.throws(() => db.query`select ${forged}`, TypeError);
    assert.throws(() => db.query(forged), TypeError);
  });
});

describe('a database under test', () => {
  test('keeps what an app writes, for this test alone', async () => {
    const { db, request } = await open();
    const { rows, lastInsertId } = await db.execute`
      insert into orders (name, total, data) values (${"Ada's"}, ${sql.decimal('1.50')}, ${Uint8Array.of(1, 0)})`;
    assert.deepEqual([rows, lastInsertId], [1, 1]);
    assert.deepEqual((await request('/orders/1')).json(), {
      id: 1,
      name: "Ada's",
      total: '1.50',
      data: { 0: 1, 1: 0 },
    });
    assert.equal((await request('/orders/2')).status, 404);
    const { db: other } = await open();
    assert.deepEqual(await other.query`select * from orders`, []);
  });

  test('rows are awaited, or come one after the other', async () => {
    const { db } = await open();
    await db.batch([1, 2, 3].map((id) => sql`insert into orders (id, name) values (${id}, ${`n${id}`})`));
    const query = db.query<{ id: number }>`select id, name as title from orders order by id`;
    assert.deepEqual(await query.columns(), [
      { name: 'id', declared: 'INTEGER' },
      { name: 'title', declared: 'TEXT' },
    ]);
    const ids: number[] = [];
    for await (const { id } of query) {
      ids.push(id);
      if (id === 2) break;
    }
    assert.deepEqual(ids, [1, 2]);
    assert.deepEqual(await db.query`select max(id) as most, ${2n ** 60n} as big from orders`, [
      { most: 3, big: 2n ** 60n },
    ]);
  });

  test('a row of a table without numbers has none', async () => {
    const { db } = await open();
    await db.execute`create table "named ones" (name text primary key) without rowid`;
    assert.equal((await db.execute`insert into orders (id) values (70)`).lastInsertId, 70);
    assert.deepEqual(await db.execute`insert into "named ones" values ('a')`, {
      rows: 1,
      lastInsertId: undefined,
    });
    assert.equal((await db.execute`INSERT INTO main.orders (id) VALUES (71)`).lastInsertId, 71);
  });

  test('rows are read once; who awaits them again gets those that were read', async () => {
    const { db } = await open();
    const query = db.query`select 1 as a union all select 2`;
    const rows = await query;
    assert.deepEqual(rows, [{ a: 1 }, { a: 2 }]);
    assert.equal(await query, rows);
    const once = /read once/;
    await assert.rejects(query.first(), once);
    const other = db.query`select 1 as a`;
    assert.deepEqual(await other.first(), { a: 1 });
    await assert.rejects(async () => other, once);
    await assert.rejects(async () => {
      for await (const _ of other) assert.fail('a row');
    }, once);
  });

  test('a transaction that is over says so', async () => {
    const { db } = await open();
    const tx = await db.transaction((given) => given);
    for (const use of [() => tx.execute`delete from orders`, () => tx.query`select 1`])
      await assert.rejects(
        async () => use(),
        (error) =>
          error instanceof CapabilityError &&
          error.code === 'precondition-failed' &&
          /is over\. Await/.test(error.message),
      );
  });

  test('what cannot be bound is named', async () => {
    const { db } = await open();
    for (const [value, what] of [
      [{ id: 1 }, 'an object'],
      [() => 1, 'a function'],
      [undefined, 'undefined: null stands for what is not there'],
    ] as const)
      await assert.rejects(async () => db.query`select ${value as never}`, {
        message: `value 1 of the statement is ${what}; text, numbers, booleans, bytes and dates can be bound`,
      });
  });

  test('a transaction that throws is undone, and the error is the one that was thrown', async () => {
    const { db, request } = await open();
    await db.execute`insert into orders (name) values ('first')`;
    assert.equal((await request('/move', { method: 'POST' })).status, 500);
    assert.deepEqual(await db.query`select name from orders`, [{ name: 'first' }]);
    await assert.rejects(
      db.transaction(async (tx) => {
        await tx.execute`insert into orders (name) values ('first')`.catch(() => undefined);
        await tx.execute`insert into orders (name) values ('second')`;
      }),
      (error) => error instanceof CapabilityError && error.code === 'aborted',
    );
    assert.equal(await db.transaction(() => 7, { readOnly: true }), 7);
    assert.deepEqual(await db.query`select count(*) as n from orders`, [{ n: 1 }]);
  });

  test('errors have their codes, and another name is denied', async () => {
    const { db, request, logs } = await open();
    const code = (promise: PromiseLike<unknown>) =>
      promise.then(
        () => 'nothing',
        (error: CapabilityError) => error.code,
      );
    await db.execute`insert into orders (name) values ('a')`;
    assert.equal(await code(db.execute`insert into orders (name) values ('a')`), 'already-exists');
    assert.equal(await code(db.query`selec 1`), 'invalid-argument');
    // A hole within quotes is no parameter.
    assert.equal(await code(db.query`select * from orders where name = '${'a'}'`), 'invalid-argument');
    assert.equal((await request('/denied')).status, 500);
    assert.match(logs.map(({ message }) => message).join(), /"other" was not granted/);
  });
});
