import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openCapability } from '../../capabilities/core/open.ts';
import type { Sql } from '../../capabilities/sql/contract.ts';
import { namedOpener } from '../../host/openers.ts';
import { sqlInterface } from './sql.ts';

/** More rows than a page has: who leaves them keeps a connection. */
const many =
  'with recursive n (x) as (select 1 union all select x + 1 from n where x < 5000) select x from n order by 1';

/** One connection, so that whatever keeps it keeps everybody. */
async function open(t: TestContext): Promise<Sql> {
  const folder = mkdtempSync(join(tmpdir(), 'slight-dialect-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const bind = { name: 'shop', bind: 'sqlite', config: { connections: 1 } };
  const db = await openCapability('sql', bind, { dataDir: folder, timeout: 2_000 });
  t.after(() => db.close());
  await db.execute({ text: 'create table t (a)', parameters: [] });
  return db;
}

function interfaceOf(sql: Sql) {
  const served = sqlInterface(namedOpener('sql', new Map([['shop', sql]]), '/app/slightfile.toml'));
  return (name: string, ...args: unknown[]) => (served[name] as (...args: unknown[]) => any)(...args);
}

/** Ends the guest while it waits for what a call of one of its handles answers. */
const leaving: {
  readonly [what: string]: (call: ReturnType<typeof interfaceOf>, database: unknown) => Promise<unknown>;
} = {
  async 'a transaction'(call, database) {
    const answer = call('[method]database.begin', database, false);
    call('[drop]database', database);
    return answer;
  },
  async rows(call, database) {
    const answer = call('[method]database.query', database, many, []);
    call('[drop]database', database);
    return answer;
  },
  async 'rows of a prepared statement'(call, database) {
    const { val: prepared } = await call('[method]database.prepare', database, many);
    const answer = call('[method]prepared.query', prepared, []);
    call('[drop]prepared', prepared);
    call('[drop]database', database);
    return answer;
  },
  async 'rows in a transaction'(call, database) {
    const { val: transaction } = await call('[method]database.begin', database, false);
    const answer = call('[method]transaction.query', transaction, many, []);
    call('[drop]transaction', transaction);
    call('[drop]database', database);
    return answer;
  },
};

for (const [what, leave] of Object.entries(leaving)) {
  test(`${what}: what comes when the guest is gone is let go`, async (t) => {
    const sql = await open(t);
    const call = interfaceOf(sql);
    await leave(call, call('[static]database.open', 'shop').val);
    const { rows } = await sql.execute({ text: 'insert into t values (1)', parameters: [] });
    assert.equal(rows, 1);
  });
}

test('to drop the database leaves what was made of it', async (t) => {
  const call = interfaceOf(await open(t));
  const { val: database } = call('[static]database.open', 'shop');
  const { val: rows } = await call('[method]database.query', database, many, []);
  call('[drop]database', database);
  for (let pages = 0; ; pages++) {
    const { val: page } = await call('[method]rows.next', rows);
    if (page.length > 0) continue;
    assert.ok(pages > 1);
    break;
  }
});
