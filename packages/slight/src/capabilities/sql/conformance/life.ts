import assert from 'node:assert/strict';
import { assertFails, change, insertItem, namesIn, statement, type CheckDefinition } from './check.ts';

export const lifeChecks: readonly CheckDefinition[] = [
  {
    name: 'two names share nothing, not even with the same tables',
    needs: [],
    async run({ openItems }) {
      const [one, other] = [await openItems('one'), await openItems('ONE')];
      await one.execute(insertItem(1n, 'a'));
      await other.execute(insertItem(1n, 'b'));
      await change(other, 'CREATE TABLE extra (id INTEGER)');
      assert.deepEqual(await namesIn(one), ['a']);
      assert.deepEqual(await namesIn(other), ['b']);
      await assertFails('invalid-argument', 'a table of the other', () =>
        one.query(statement('SELECT * FROM extra')),
      );
    },
  },
  {
    name: 'two that open one name see the same',
    needs: [],
    async run({ openItems }) {
      const [one, other] = [await openItems(), await openItems()];
      await one.execute(insertItem(1n, 'a'));
      assert.deepEqual(await namesIn(other), ['a']);
      await change(other, 'ALTER TABLE items RENAME COLUMN amount TO total');
      await change(one, 'UPDATE items SET total = 5');
    },
  },
  {
    name: 'a query sees the columns that another added',
    needs: [],
    async run({ openItems }) {
      const [one, other] = [await openItems(), await openItems()];
      await one.execute(insertItem(1n, 'a'));
      const columns = async () => {
        const rows = await one.query(statement('SELECT * FROM items'));
        const [row] = await rows.next();
        await rows.close();
        return [rows.columns.length, row?.length];
      };
      assert.deepEqual(await columns(), [3, 3]);
      await change(other, 'ALTER TABLE items ADD COLUMN more INTEGER');
      assert.deepEqual(await columns(), [4, 4]);
    },
  },
  {
    name: 'what is closed is cancelled',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      await db.close();
      await db.close();
      await assertFails('cancelled', 'query', () => db.query(statement('SELECT 1')));
      await assertFails('cancelled', 'execute', () => db.execute(insertItem(1n, 'a')));
      await assertFails('cancelled', 'begin', () => db.begin());
    },
  },
  {
    name: 'what was committed is there when it is opened again; a transaction that was left is not',
    needs: ['durable'],
    async run({ openItems }) {
      const db = await openItems();
      await db.execute(insertItem(1n, 'a'));
      const done = await db.begin();
      await done.execute(insertItem(2n, 'b'));
      await done.commit();
      const left = await db.begin();
      await left.execute(insertItem(3n, 'c'));
      await db.close();
      assert.deepEqual(await namesIn(await openItems()), ['a', 'b']);
    },
  },
  {
    name: 'what was committed survives the end of the server',
    needs: ['durable-server'],
    async run({ openItems, restart }) {
      const db = await openItems();
      await db.execute(insertItem(1n, 'a'));
      await restart();
      assert.deepEqual(await namesIn(await openItems()), ['a']);
    },
  },
];
