import assert from 'node:assert/strict';
import type { SqlTyped, SqlValue } from '../contract.ts';
import { largestValue, longestStatement } from '../validate.ts';
import { assertFails, change, readAll, statement, type CheckDefinition, type SqlTypes } from './check.ts';

const typed = (type: SqlTyped['type'], text: string): SqlTyped => ({ type, text });
const least = -(2n ** 63n);
const greatest = 2n ** 63n - 1n;

type Samples = { readonly [Type in keyof SqlTypes]?: readonly SqlValue[] };

/** What every database keeps as it is. */
const plain: Samples = {
  integer: [0n, -1n, 42n, 2n ** 53n + 1n, least, greatest],
  float: [0.5, -1.25e-300, 1.7976931348623157e308, 0.1 + 0.2],
  text: ['', 'a', "it's", '"quoted" `and` [more]', '?', 'ä🌍\u{10ffff}', ' spaces ', "'; DROP TABLE v --"],
  blob: [new Uint8Array(), Uint8Array.of(0, 255, 0, 39), new Uint8Array(70_000).fill(7)],
};
/** Those that some keep as something else. */
const rich: Samples = {
  boolean: [true, false],
  decimal: [typed('decimal', '-12.50'), typed('decimal', '0.10'), typed('decimal', '12345678901234567.89')],
  date: [typed('date', '2027-01-31')],
  time: [typed('time', '23:59:59')],
  timestamp: [typed('timestamp', '2027-01-31T23:59:59.123Z')],
};

function samplesCheck(samples: Samples): CheckDefinition['run'] {
  return async ({ open, types }) => {
    const db = await open();
    const kinds = Object.keys(samples) as (keyof SqlTypes)[];
    await change(
      db,
      `CREATE TABLE v (id ${types.integer}, ${kinds.map((kind) => `c_${kind} ${types[kind]}`).join(', ')})`,
    );
    let id = 0n;
    for (const kind of kinds) {
      for (const value of samples[kind]!) {
        await change(db, `INSERT INTO v (id, c_${kind}) VALUES (?, ?)`, ++id, value);
        const rows = await readAll(db, `SELECT c_${kind} FROM v WHERE id = ?`, id);
        assert.deepEqual(rows.map(plainOf), [plainOf([value])], `${kind}: ${String(value).slice(0, 60)}`);
      }
    }
  };
}

/** Kinds of byte arrays are the same to a guest. */
const plainOf = (row: readonly SqlValue[]) =>
  row.map((value) => (value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('hex') } : value));

export const valueChecks: readonly CheckDefinition[] = [
  {
    name: 'integers, floats, texts and blobs come back as they were given',
    needs: [],
    run: samplesCheck(plain),
  },
  {
    name: 'booleans, decimals and times come back as such from columns of their type',
    needs: ['typed'],
    run: samplesCheck(rich),
  },
  {
    name: 'null is null in a column of any type',
    needs: [],
    async run({ open, types }) {
      const db = await open();
      const kinds = Object.keys(types).filter((kind) => kind !== 'identity') as (keyof SqlTypes)[];
      await change(db, `CREATE TABLE v (${kinds.map((kind) => `c_${kind} ${types[kind]}`).join(', ')})`);
      const nulls = kinds.map(() => null);
      await change(db, `INSERT INTO v VALUES (${kinds.map(() => '?').join(', ')})`, ...nulls);
      assert.deepEqual(await readAll(db, 'SELECT * FROM v'), [nulls]);
    },
  },
  {
    name: 'a value is never SQL, whatever it says',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      const evil = [
        "x'); DROP TABLE items; --",
        "' OR '1'='1",
        '"; DELETE FROM items',
        '?',
        '$1',
        ':id',
        '\\',
      ];
      for (const [index, name] of evil.entries()) {
        await change(db, 'INSERT INTO items (id, name, amount) VALUES (?, ?, 0)', BigInt(index), name);
        assert.deepEqual(await readAll(db, 'SELECT id FROM items WHERE name = ?', name), [[BigInt(index)]]);
      }
      assert.deepEqual(await readAll(db, 'SELECT count(*) FROM items WHERE name = ?', "' OR 1=1 --"), [[0n]]);
      assert.deepEqual(await readAll(db, 'SELECT count(*) FROM items'), [[BigInt(evil.length)]]);
    },
  },
  {
    name: 'marks in quotes, names and comments are no parameters',
    needs: [],
    async run({ open }) {
      const db = await open();
      const text = `SELECT '?' AS a, 'it''s ?' AS "what?", ? AS c -- why?\n /* or ? */`;
      assert.deepEqual(await readAll(db, text, 'x'), [['?', "it's ?", 'x']]);
    },
  },
  {
    name: 'as many values as parameters, or it is invalid-argument',
    needs: [],
    async run({ openItems }) {
      const db = await openItems();
      const insert = 'INSERT INTO items (id, name, amount) VALUES (?, ?, 0)';
      await assertFails('invalid-argument', 'too few', () => db.execute(statement(insert, 1n)));
      await assertFails('invalid-argument', 'too many', () => db.execute(statement(insert, 1n, 'a', 0n)));
      await assertFails('invalid-argument', 'numbered', () => db.query(statement('SELECT ?1', 1n)));
      await assertFails('invalid-argument', 'named', () => db.query(statement('SELECT :a', 1n)));
      assert.deepEqual(await readAll(db, 'SELECT * FROM items'), []);
    },
  },
  {
    name: 'values that cannot be are invalid-argument',
    needs: [],
    async run({ open }) {
      const db = await open();
      const broken: SqlValue[] = [
        2n ** 63n,
        least - 1n,
        Number.NaN,
        'half \ud800',
        typed('decimal', '1,5'),
        typed('decimal', ''),
        typed('date', '31.1.2027'),
        typed('date', '2027-13-01'),
        typed('date', '2027-02-29'),
        typed('timestamp', '2027-04-31T00:00:00Z'),
        typed('time', '25:00:00'),
        typed('timestamp', 'now'),
      ];
      for (const value of broken)
        await assertFails('invalid-argument', String(value), () => db.query(statement('SELECT ?', value)));
    },
  },
  {
    name: 'what is too large is invalid-argument',
    needs: [],
    async run({ open }) {
      const db = await open();
      const half = new Uint8Array(largestValue / 2 + 1);
      await assertFails('invalid-argument', 'two values', () =>
        db.query(statement('SELECT ?, ?', half, half)),
      );
      const long = `SELECT 1 -- ${'x'.repeat(longestStatement)}`;
      await assertFails('invalid-argument', 'a statement', () => db.query(statement(long)));
    },
  },
];
