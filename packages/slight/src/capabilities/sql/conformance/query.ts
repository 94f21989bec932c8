import assert from 'node:assert/strict';
import { mostRows } from '../validate.ts';
import { assertFails, change, drain, readAll, statement, type CheckDefinition } from './check.ts';

const numbers =
  'WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1234) SELECT x, ? FROM n ORDER BY x';

export const queryChecks: readonly CheckDefinition[] = [
  {
    name: 'a query gives its columns by name, and its rows in order',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      for (const [id, name] of [
        [3n, 'c'],
        [1n, 'a'],
        [2n, 'b'],
      ] as const)
        await change(db, 'INSERT INTO items (id, name, amount) VALUES (?, ?, ?)', id, name, id * 10n);
      const rows = await db.query(statement('SELECT name AS title, amount FROM items ORDER BY id DESC'));
      assert.deepEqual(
        rows.columns.map(({ name }) => name),
        ['title', 'amount'],
      );
      assert.deepEqual(await drain(rows), [
        ['c', 30n],
        ['b', 20n],
        ['a', 10n],
      ]);
      const none = await db.query(statement('SELECT id, name FROM items WHERE id = ?', 99n));
      assert.deepEqual(
        none.columns.map(({ name }) => name),
        ['id', 'name'],
      );
      assert.deepEqual(await drain(none), []);
    },
  },
  {
    name: 'a column of a table says what it was declared as, an expression says nothing',
    needs: [],
    async run({ openItems, types }) {
      const rows = await (await openItems()).query(statement('SELECT name, 1 + 1 AS sum FROM items'));
      const [name, sum] = rows.columns;
      assert.equal(name?.type?.toLowerCase(), types.text.toLowerCase());
      assert.equal(sum?.type, undefined);
      await rows.close();
    },
  },
  {
    name: 'many rows come in pages: each once, in order, none too long',
    needs: [],
    async run({ open }) {
      const rows = await (await open()).query(statement(numbers, 'x'));
      const all: unknown[] = [];
      for (let page = await rows.next(); page.length > 0; page = await rows.next()) {
        assert.ok(page.length <= mostRows, `a page of ${page.length} rows`);
        all.push(...page.map(([x]) => x));
      }
      assert.deepEqual(
        all,
        Array.from({ length: 1234 }, (_, index) => BigInt(index + 1)),
      );
      assert.deepEqual(await rows.next(), [], 'after the end');
    },
  },
  {
    name: 'rows that are not read to their end keep nobody from going on',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      for (let round = 0; round < 40; round++) {
        const rows = await db.query(statement(numbers, 'x'));
        if (round % 2 === 0) await rows.next();
        await rows.close();
        assert.deepEqual(await rows.next(), [], 'what is closed gives no rows');
      }
      assert.equal(await change(db, 'INSERT INTO items (id, name, amount) VALUES (1, ?, 0)', 'a'), 1);
    },
  },
  {
    name: 'several queries are read at the same time',
    needs: [],
    async run({ open }) {
      const db = await open();
      const [one, other] = [await db.query(statement(numbers, 'a')), await db.query(statement(numbers, 'b'))];
      const [first, second] = [await one.next(), await other.next()];
      assert.deepEqual(
        [first[0], second[0]],
        [
          [1n, 'a'],
          [1n, 'b'],
        ],
      );
      assert.equal((await drain(one)).length + first.length, 1234);
      assert.equal((await drain(other)).length + second.length, 1234);
    },
  },
  {
    name: 'a statement that was prepared runs again and again, with other values',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      const insert = await db.prepare('INSERT INTO items (id, name, amount) VALUES (?, ?, 0)');
      const find = await db.prepare('SELECT name FROM items WHERE id >= ? ORDER BY id');
      for (const [id, name] of [
        [1n, 'a'],
        [2n, 'b'],
      ] as const)
        assert.equal((await insert.execute([id, name])).rows, 1);
      assert.deepEqual(await drain(await find.query([1n])), [['a'], ['b']]);
      assert.deepEqual(await drain(await find.query([2n])), [['b']]);
      await assertFails('invalid-argument', 'too few values', () => find.query([]));
      await insert.close();
      await assertFails('cancelled', 'closed', () => insert.execute([3n, 'c']));
      await find.close();
    },
  },
  {
    name: 'a statement that cannot be run fails when it is prepared',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      await assertFails('invalid-argument', 'a typing error', () => db.prepare('SELEC 1'));
      await assertFails('invalid-argument', 'no such table', () => db.prepare('SELECT * FROM nowhere'));
    },
  },
  {
    name: 'what a statement with rows writes is written, whether its rows are read or not',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      const insert = statement(
        'INSERT INTO items (id, name, amount) VALUES (?, ?, 0), (?, ?, 0) RETURNING name',
        1n,
        'a',
        2n,
        'b',
      );
      const rows = await db.query(insert);
      await rows.close();
      const others = await db.query(statement('UPDATE items SET amount = 1 WHERE id = 1 RETURNING amount'));
      assert.deepEqual(await readAll(db, 'SELECT name, amount FROM items ORDER BY id'), [
        ['a', 1n],
        ['b', 0n],
      ]);
      assert.deepEqual(await drain(others), [[1n]]);
    },
  },
];
