import assert from 'node:assert/strict';
import type { Sql } from '../contract.ts';
import {
  assertFails,
  change,
  insertItem,
  namesIn,
  readAll,
  statement,
  untilDone,
  type CheckDefinition,
} from './check.ts';

/** Adds one to the amount, as an app would: it reads, and writes what it makes of that. */
async function count(db: Sql): Promise<void> {
  await untilDone(async () => {
    const transaction = await db.begin();
    try {
      const [[amount]] = (await readAll(transaction, 'SELECT amount FROM items WHERE id = 1')) as [[bigint]];
      await change(transaction, 'UPDATE items SET amount = ? WHERE id = 1', amount + 1n);
      await transaction.commit();
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
  });
}

export const transactionChecks: readonly CheckDefinition[] = [
  {
    name: 'a transaction sees what it wrote, others see it after the commit',
    needs: [],
    async run({ openItems }) {
      const [db, other] = [await openItems(), await openItems()];
      const transaction = await db.begin();
      await transaction.execute(insertItem(1n, 'a'));
      assert.deepEqual(await namesIn(transaction), ['a']);
      assert.deepEqual(await namesIn(other), []);
      await transaction.execute(insertItem(2n, 'b'));
      await transaction.commit();
      assert.deepEqual(await namesIn(other), ['a', 'b']);
    },
  },
  {
    name: 'what is rolled back never was',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      await db.execute(insertItem(1n, 'a'));
      const transaction = await db.begin();
      await change(transaction, 'UPDATE items SET name = ?', 'changed');
      await transaction.execute(insertItem(2n, 'b'));
      await transaction.rollback();
      await transaction.rollback();
      assert.deepEqual(await namesIn(db), ['a']);
    },
  },
  {
    name: 'a transaction that is over takes no more statements',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      for (const end of ['commit', 'rollback'] as const) {
        const transaction = await db.begin();
        await transaction[end]();
        await assertFails('precondition-failed', end, () => transaction.execute(insertItem(1n, 'a')));
        await assertFails('precondition-failed', end, () => transaction.query(statement('SELECT 1')));
        await assertFails('precondition-failed', end, () => transaction.commit());
      }
      assert.deepEqual(await namesIn(db), []);
    },
  },
  {
    name: 'a statement that fails fails its transaction',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      await db.execute(insertItem(1n, 'a'));
      for (const broken of [insertItem(1n, 'b'), statement('SELEC 1'), statement('SELECT ?')]) {
        const transaction = await db.begin();
        await transaction.execute(insertItem(2n, 'b'));
        await assert.rejects(async () => transaction.execute(broken));
        await assertFails('aborted', 'what follows', () => transaction.execute(insertItem(3n, 'c')));
        await assertFails('aborted', 'the commit', () => transaction.commit());
        await transaction.rollback();
      }
      assert.deepEqual(await namesIn(db), ['a']);
    },
  },
  {
    name: 'transactions that read and then write lose nothing, however many there are at once',
    needs: [],
    async run({ openItems }) {
      const [db, other] = [await openItems(), await openItems()];
      await db.execute(insertItem(1n, 'a'));
      await Promise.all(Array.from({ length: 12 }, (_, index) => count(index % 2 === 0 ? db : other)));
      assert.deepEqual(await readAll(db, 'SELECT amount FROM items'), [[12n]]);
    },
  },
  {
    name: 'one that only reads sees the same throughout, and writes nothing',
    needs: [],
    async run({ openItems }) {
      const [db, other] = [await openItems(), await openItems()];
      const transaction = await db.begin({ readOnly: true });
      assert.deepEqual(await namesIn(transaction), []);
      await other.execute(insertItem(1n, 'a'));
      assert.deepEqual(await namesIn(transaction), []);
      await transaction.commit();
      const second = await db.begin({ readOnly: true });
      await assertFails('precondition-failed', 'a write', () => second.execute(insertItem(2n, 'b')));
      await second.rollback();
      const third = await db.begin({ readOnly: true });
      await assertFails('precondition-failed', 'a write with rows', () =>
        third.query(statement('UPDATE items SET amount = 1 RETURNING id')),
      );
      await third.rollback();
      assert.deepEqual(await namesIn(db), ['a']);
    },
  },
  {
    name: 'a transaction is not begun or ended by hand',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      for (const text of ['BEGIN', '/* x */ begin', 'COMMIT', 'ROLLBACK', 'SAVEPOINT a'])
        await assertFails('permission-denied', text, () => db.execute(statement(text)));
      const transaction = await db.begin();
      await transaction.execute(insertItem(1n, 'a'));
      await assertFails('permission-denied', 'COMMIT', () => transaction.execute(statement('COMMIT')));
      await transaction.rollback();
      assert.deepEqual(await namesIn(db), []);
    },
  },
];
