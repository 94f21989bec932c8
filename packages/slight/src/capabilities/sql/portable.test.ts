import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CapabilityError } from '../core/error.ts';
import type { Sql, SqlTransaction } from './contract.ts';
import { portableSql } from './portable.ts';

const fail = () => Promise.reject(new CapabilityError('internal', 'not asked for'));
const nothing: Sql = {
  query: fail,
  execute: fail,
  batch: fail,
  prepare: fail,
  begin: fail,
  ping: () => undefined,
  close: () => undefined,
};

function wrap(broken: Partial<Sql>, timeout = 1_000): Sql {
  const where = 'sql "shop" (sqlite)';
  return portableSql(
    { ...nothing, ...broken },
    { where, features: new Set(), timeout, backendsWith: () => [] },
  );
}

const select = { text: 'SELECT 1', parameters: [] };
const insert = { text: 'INSERT INTO t VALUES (1)', parameters: [] };
const away = (calls: string[], name: string) => () => {
  calls.push(name);
  return Promise.reject(new CapabilityError('unavailable', 'away'));
};

test('only what certainly reads is repeated', async () => {
  const calls: string[] = [];
  const sql = wrap({
    query: away(calls, 'query'),
    execute: away(calls, 'execute'),
    batch: away(calls, 'batch'),
  });
  const count = async (run: () => unknown) => {
    calls.length = 0;
    await assert.rejects(async () => run(), { code: 'unavailable' });
    return calls.length;
  };
  assert.equal(await count(() => sql.query(select)), 4);
  assert.equal(await count(() => sql.query({ text: `${insert.text} RETURNING a`, parameters: [] })), 1);
  assert.equal(await count(() => sql.execute(insert)), 1);
  assert.equal(await count(() => sql.execute(select)), 1);
  assert.equal(await count(() => sql.batch([insert])), 1);
});

test('whoever waits too long is told what may have happened', async () => {
  const silent = () => new Promise<never>(() => undefined);
  const sql = wrap({ query: silent, execute: silent, batch: silent }, 20);
  await assert.rejects(async () => sql.query(select), { code: 'timeout', outcome: 'none' });
  await assert.rejects(async () => sql.execute(insert), { code: 'timeout', outcome: 'unknown' });
  await assert.rejects(async () => sql.batch([insert]), { code: 'timeout', outcome: 'unknown' });
});

test('what only reads, or is undone with its transaction, cannot have been written', async () => {
  const silent = () => new Promise<never>(() => undefined);
  const nothing = { code: 'timeout', outcome: 'none', message: /^(?!.*may or may not)/ };
  const rows = { columns: [], next: silent, close: () => undefined };
  const sql = wrap({ query: () => rows, execute: silent, batch: silent }, 20);
  await assert.rejects(async () => sql.execute(select), nothing);
  await assert.rejects(async () => sql.batch([select, select]), nothing);
  await assert.rejects(async () => (await sql.query(select)).next(), nothing);
  await assert.rejects(async () => (await sql.query(insert)).next(), { code: 'timeout', outcome: 'unknown' });
  const transaction = { query: silent, execute: silent, commit: silent, rollback: () => undefined };
  const begin = (readOnly: boolean) => wrap({ begin: () => transaction }, 20).begin({ readOnly });
  await assert.rejects(async () => (await begin(false)).query(insert), nothing);
  await assert.rejects(async () => (await begin(false)).execute(insert), nothing);
  await assert.rejects(async () => (await begin(true)).commit(), nothing);
  await assert.rejects(async () => (await begin(false)).commit(), { code: 'timeout', outcome: 'unknown' });
});

test('a commit that fails is not taken for done, and what follows is aborted', async () => {
  const lost = new CapabilityError('unavailable', 'gone', { outcome: 'unknown' });
  const rolled: string[] = [];
  const transaction: SqlTransaction = {
    query: fail,
    execute: () => ({ rows: 1 }),
    commit: () => Promise.reject(lost),
    rollback: () => void rolled.push('back'),
  };
  const begun = await wrap({ begin: () => transaction }).begin();
  await begun.execute(insert);
  await assert.rejects(async () => begun.commit(), { code: 'unavailable', outcome: 'unknown' });
  await assert.rejects(async () => begun.execute(insert), { code: 'aborted' });
  await begun.rollback();
  assert.deepEqual(rolled, ['back']);
});

test('a batch is bounded, and each of its statements is checked before any is run', () => {
  const sql = wrap({});
  const many = Array.from({ length: 1_001 }, () => insert);
  assert.throws(() => sql.batch(many), { code: 'invalid-argument', message: /up to 1000/ });
  assert.throws(() => sql.batch([insert, { text: 'SELECT ?', parameters: [] }]), {
    code: 'invalid-argument',
  });
});

test('rows that are closed ask for nothing more', async () => {
  const calls: string[] = [];
  const rows = await wrap({
    query: () => ({
      columns: [],
      next: () => (calls.push('next'), [[1n]]),
      close: () => void calls.push('close'),
    }),
  }).query(select);
  await rows.next();
  await rows.close();
  await rows.close();
  assert.deepEqual(await rows.next(), []);
  assert.deepEqual(calls, ['next', 'close']);
});

test('what comes after the deadline is let go of', async () => {
  const closed: string[] = [];
  const answers: (() => void)[] = [];
  const late = <T>(made: T) => new Promise<T>((resolve) => answers.push(() => resolve(made)));
  const rows = { columns: [], next: () => [], close: () => void closed.push('rows') };
  const transaction: SqlTransaction = {
    query: fail,
    execute: fail,
    commit: fail,
    rollback: () => void closed.push('transaction'),
  };
  const prepared = {
    query: () => late({ ...rows, close: () => void closed.push('prepared rows') }),
    execute: fail,
    close: () => undefined,
  };
  const sql = wrap({ query: () => late(rows), begin: () => late(transaction), prepare: () => prepared }, 20);
  await assert.rejects(async () => sql.query(select), { code: 'timeout' });
  await assert.rejects(async () => sql.begin(), { code: 'timeout', outcome: 'none' });
  const look = await sql.prepare(select.text);
  await assert.rejects(async () => look.query([]), { code: 'timeout' });
  assert.deepEqual(closed, []);
  for (const answer of answers) answer();
  await new Promise((next) => setImmediate(next));
  assert.deepEqual(closed.toSorted(), ['prepared rows', 'rows', 'transaction']);
});
