import { test } from 'node:test';
import { sqlConformance } from '@spiderlightning/slight/conformance';
import type { Sql, SqlRow, SqlRows, SqlStatement, SqlValue } from '@spiderlightning/slight/conformance';
import { CapabilityError } from '../../slight/src/capabilities/core/error.ts';
import { sqliteTypes } from '../../slight/test/sql/in-process.ts';
import type { Rows as WitRows, Changes, Value } from 'spiderlightning:cloud/sql@0.6.0';
import { Database } from '../src/test/cloud/sql.ts';
import { openData, runWith } from '../src/test/host.ts';
import type { TestHost } from '../src/test/host.ts';

/** The databases of `testApp` promise what every backend promises: an app that passes its tests meets no surprises. */
const host: TestHost = {
  now: () => Date.now(),
  find: openData({}),
  failures: new Map(),
  lines: [],
  sent: [],
};
/** In a test nobody else has a connection, errors have no details, and what is closed is closed by the guest itself. */
const otherwise = new Set([
  'a transaction sees what it wrote, others see it after the commit',
  'transactions that read and then write lose nothing, however many there are at once',
  'one that only reads sees the same throughout, and writes nothing',
  'what is there already is already-exists, with the constraint, and nothing is written',
  'a value that its column cannot have is invalid-argument',
  'a row that another one needs, or misses, is precondition-failed',
  'what is no SQL is invalid-argument, and the message shows the place',
  'what is too large is invalid-argument',
  'what is closed is cancelled',
]);
const features = new Set(['typed', 'last-insert-id'] as const);
const checks = sqlConformance({ features, types: sqliteTypes, open: openAs });
for (const { name, run } of checks) if (!otherwise.has(name)) test(name, run);

test('an error has the code that a host would give it', async () => {
  const db = openAs('codes');
  const run = (text: string) => db.execute({ text, parameters: [] });
  for (const text of [
    'CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size INTEGER CHECK (size < 10))',
    'CREATE TABLE parts (item INTEGER REFERENCES items (id))',
    "INSERT INTO items (id, name) VALUES (1, 'a')",
  ])
    await run(text);
  const codes: { readonly [text: string]: string } = {
    "INSERT INTO items (id, name) VALUES (2, 'a')": 'already-exists',
    "INSERT INTO items (id, name) VALUES (1, 'b')": 'already-exists',
    'INSERT INTO items (id) VALUES (2)': 'invalid-argument',
    "INSERT INTO items (id, name, size) VALUES (2, 'b', 10)": 'invalid-argument',
    'INSERT INTO parts (item) VALUES (7)': 'precondition-failed',
    'SELEC 1': 'invalid-argument',
    'DELETE FROM nowhere': 'invalid-argument',
    '-- nothing': 'invalid-argument',
    "ATTACH 'x' AS y": 'permission-denied',
    'CREATE TEMP TABLE t (a)': 'permission-denied',
  };
  for (const [text, code] of Object.entries(codes)) {
    const told = await Promise.resolve()
      .then(() => run(text))
      .then(
        () => 'nothing',
        (error: CapabilityError) => error.code,
      );
    if (told !== code) throw new Error(`${text}: ${told}, not ${code}`);
  }
});

/** The interface that a guest imports, as the suite sees a database. */
function openAs(name: string): Sql {
  const database = use(() => Database.open(name));
  const query = (from: Pick<Database, 'query'>) => (statement: SqlStatement) =>
    rowsOf(use(() => from.query(statement.text, statement.parameters.map(lower))));
  const execute = (on: Pick<Database, 'execute'>) => (statement: SqlStatement) =>
    changesOf(use(() => on.execute(statement.text, statement.parameters.map(lower))));
  return {
    query: query(database),
    execute: execute(database),
    batch: (statements) =>
      use(() =>
        database.batch(
          statements.map(({ text, parameters }) => ({ text, parameters: parameters.map(lower) })),
        ),
      ).map(changesOf),
    prepare(text) {
      const prepared = use(() => database.prepare(text));
      let closed = false;
      const open = (): void => {
        if (closed) throw new CapabilityError('cancelled', 'closed');
      };
      return {
        query(parameters) {
          open();
          return rowsOf(use(() => prepared.query(parameters.map(lower))));
        },
        execute(parameters) {
          open();
          return changesOf(use(() => prepared.execute(parameters.map(lower))));
        },
        close: () => void (closed = true),
      };
    },
    begin({ readOnly = false } = {}) {
      const transaction = use(() => database.begin(readOnly));
      return {
        query: query(transaction as unknown as Database),
        execute: execute(transaction as unknown as Database),
        commit: () => use(() => transaction.commit()),
        rollback: () => use(() => transaction.rollback()),
      };
    },
    ping: () => undefined,
    close: () => undefined,
  };
}

function use<T>(call: () => T): T {
  try {
    return runWith(host, call);
  } catch (error) {
    const { code, message } = (error as { payload: { code: 'internal'; message: string } }).payload;
    throw new CapabilityError(code, message);
  }
}

function rowsOf(rows: WitRows): SqlRows {
  return {
    columns: rows
      .columns()
      .map(({ name, declared }) => ({ name, ...(declared !== null && { type: declared }) })),
    next: () => use(() => rows.next()).map((row): SqlRow => row.map(lift)),
    close: () => rows[Symbol.dispose](),
  };
}

function changesOf({ rows, lastInsertId }: Changes) {
  return { rows, ...(lastInsertId !== null && { lastInsertId: BigInt(lastInsertId) }) };
}

function lift(value: Value): SqlValue {
  switch (value.tag) {
    case 'null':
      return null;
    case 'integer':
      return BigInt(value.val);
    case 'decimal':
    case 'date':
    case 'time':
    case 'timestamp':
      return { type: value.tag, text: value.val };
    default:
      return value.val;
  }
}

function lower(value: SqlValue): Value {
  if (value === null) return { tag: 'null' };
  if (value instanceof Uint8Array) return { tag: 'blob', val: value };
  switch (typeof value) {
    case 'boolean':
      return { tag: 'boolean', val: value };
    case 'bigint':
      return { tag: 'integer', val: value.toString() };
    case 'number':
      return { tag: 'float', val: value };
    case 'string':
      return { tag: 'text', val: value };
    default:
      return { tag: value.type, val: value.text };
  }
}
