import assert from 'node:assert/strict';
import type { SqlDetail } from '../contract.ts';
import {
  assertFails,
  change,
  insertItem,
  namesIn,
  readAll,
  statement,
  type CheckDefinition,
} from './check.ts';

export const writeChecks: readonly CheckDefinition[] = [
  {
    name: 'it is told how many rows a statement changed',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      const insert = 'INSERT INTO items (id, name, amount) VALUES (1, ?, 0), (2, ?, 0), (3, ?, 0)';
      assert.equal(await change(db, insert, 'a', 'b', 'c'), 3);
      assert.equal(await change(db, 'UPDATE items SET amount = 1 WHERE id > ?', 1n), 2);
      assert.equal(await change(db, 'UPDATE items SET amount = 1 WHERE id > ?', 9n), 0);
      assert.equal(await change(db, 'CREATE TABLE others (id INTEGER)'), 0);
      assert.equal(await change(db, 'DELETE FROM items'), 3);
      assert.deepEqual(await namesIn(db), []);
    },
  },
  {
    name: 'an insert tells the number that the row got, other statements tell none',
    needs: ['last-insert-id'],
    async run({ open, types }) {
      const db = await open();
      await change(db, `CREATE TABLE counted (id ${types.identity}, name ${types.text})`);
      const insert = statement('INSERT INTO counted (name) VALUES (?)', 'a');
      const { lastInsertId: first } = await db.execute(insert);
      const { lastInsertId: second } = await db.execute(insert);
      assert.deepEqual(await readAll(db, 'SELECT id FROM counted ORDER BY id'), [[first], [second]]);
      const update = await db.execute(statement('UPDATE counted SET name = ?', 'b'));
      assert.deepEqual(update, { rows: 2 });
    },
  },
  {
    name: 'what is there already is already-exists, with the constraint, and nothing is written',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      await db.execute(insertItem(1n, 'a'));
      const insert = 'INSERT INTO items (id, name, amount) VALUES (?, ?, 0), (?, ?, 0)';
      for (const values of [
        [2n, 'b', 3n, 'a'],
        [2n, 'b', 1n, 'c'],
      ] as const) {
        const error = await assertFails('already-exists', 'twice', () =>
          db.execute(statement(insert, ...values)),
        );
        assert.equal(error.outcome, 'none');
        assert.equal((error.detail as SqlDetail | undefined)?.state, '23505');
        assert.ok((error.detail as SqlDetail).constraint, 'which constraint');
      }
      assert.deepEqual(await namesIn(db), ['a']);
    },
  },
  {
    name: 'a value that its column cannot have is invalid-argument',
    needs: [],
    async run({ open, types }) {
      const db = await open();
      await change(db, `CREATE TABLE v (a ${types.integer} NOT NULL, b ${types.integer}, CHECK (b < 10))`);
      for (const [values, state] of [
        [[null, 1n], '23502'],
        [[1n, 10n], '23514'],
      ] as const) {
        const insert = statement('INSERT INTO v (a, b) VALUES (?, ?)', ...values);
        const error = await assertFails('invalid-argument', state, () => db.execute(insert));
        assert.equal((error.detail as SqlDetail | undefined)?.state, state);
      }
      assert.deepEqual(await readAll(db, 'SELECT * FROM v'), []);
    },
  },
  {
    name: 'a row that another one needs, or misses, is precondition-failed',
    needs: [],
    async run({ openItems, types }) {
      const db = await openItems();
      await change(
        db,
        `CREATE TABLE parts (item ${types.integer}, FOREIGN KEY (item) REFERENCES items (id))`,
      );
      const insert = statement('INSERT INTO parts (item) VALUES (?)', 1n);
      const error = await assertFails('precondition-failed', 'no such item', () => db.execute(insert));
      assert.equal((error.detail as SqlDetail | undefined)?.state, '23503');
      await db.execute(insertItem(1n, 'a'));
      await db.execute(insert);
      const remove = statement('DELETE FROM items');
      await assertFails('precondition-failed', 'an item with parts', () => db.execute(remove));
      assert.deepEqual(await namesIn(db), ['a']);
    },
  },
  {
    name: 'what is no SQL is invalid-argument, and the message shows the place',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      const error = await assertFails('invalid-argument', 'a typing error', () =>
        db.query(statement('SELECT id\nFROM items\nWHERE AND id = ?', 1n)),
      );
      assert.match(error.message, /AND/);
      assert.equal((error.detail as SqlDetail | undefined)?.state, '42601');
      await assertFails('invalid-argument', 'no such table', () =>
        db.query(statement('SELECT * FROM nowhere')),
      );
      await assertFails('invalid-argument', 'no such column', () =>
        db.query(statement('SELECT no FROM items')),
      );
      await assertFails('invalid-argument', 'nothing', () => db.execute(statement('  ')));
      await assertFails('invalid-argument', 'a comment', () => db.execute(statement('-- nothing')));
    },
  },
  {
    name: 'of two statements in one text none is run',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      await db.execute(insertItem(1n, 'a'));
      for (const text of ['DELETE FROM items; DROP TABLE items', 'DELETE FROM items;;DELETE FROM items'])
        await assertFails('invalid-argument', text, () => db.execute(statement(text)));
      assert.deepEqual(await namesIn(db), ['a']);
      assert.equal(await change(db, 'DELETE FROM items; -- all of them\n'), 1);
    },
  },
  {
    name: 'a batch does all of its statements in order, and tells of each',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      const changes = await db.batch([
        insertItem(1n, 'a'),
        statement('INSERT INTO items (id, name, amount) SELECT id + 1, ?, 0 FROM items', 'b'),
        statement('UPDATE items SET amount = 5'),
      ]);
      assert.deepEqual(
        changes.map(({ rows }) => rows),
        [1, 1, 2],
      );
      assert.deepEqual(await namesIn(db), ['a', 'b']);
      assert.deepEqual(await db.batch([]), []);
    },
  },
  {
    name: 'a batch of which one statement fails does none',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      await db.execute(insertItem(7n, 'g'));
      const one = insertItem(1n, 'a');
      await assertFails('already-exists', 'the last one', () => db.batch([one, insertItem(7n, 'h')]));
      await assertFails('invalid-argument', 'no SQL', () => db.batch([one, statement('SELEC')]));
      await assertFails('invalid-argument', 'too few values', () => db.batch([one, statement('SELECT ?')]));
      assert.deepEqual(await namesIn(db), ['g']);
    },
  },
];
