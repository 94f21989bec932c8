import type { HostInterface } from '@spiderlightning/component';
import type { Opener } from '../../capabilities/core/capability.ts';
import type {
  Sql,
  SqlChanges,
  SqlPrepared,
  SqlRow,
  SqlRows,
  SqlStatement,
  SqlTransaction,
  SqlValue,
} from '../../capabilities/sql/contract.ts';
import { CapabilityError } from '../../capabilities/core/error.ts';
import { answer, nothing, ok } from './result.ts';
import type { Result } from './result.ts';

/** A value as WIT has it. */
type WitValue =
  | { readonly tag: 'null' }
  | { readonly tag: 'boolean'; readonly val: boolean }
  | { readonly tag: 'float'; readonly val: number }
  | { readonly tag: 'integer' | 'text'; readonly val: string }
  | { readonly tag: 'decimal' | 'date' | 'time' | 'timestamp'; readonly val: string }
  | { readonly tag: 'blob'; readonly val: Uint8Array };

/** What stands for a guest's handle of a database, or of a prepared statement. */
interface Opened<Of> {
  readonly of: Of;
  /** Whether the guest has let go of it: a guest that was ended while it waited gets no handle of what comes later. */
  gone: boolean;
}

const opened = <Of>(of: Of): Result => ok({ of, gone: false } satisfies Opened<Of>);

/** What the guest gets, unless it is gone by now: then nobody else would ever let go of it. */
function unlessGone<Made>(from: Opened<unknown>, close: (made: Made) => unknown): (made: Made) => Result {
  return (made) => {
    if (from.gone) void close(made);
    return ok(made);
  };
}

const closeRows = (rows: SqlRows): unknown => rows.close();

/**
 * `spiderlightning:cloud/sql`: the contract under its names in WIT. What it gives stands for the guest's handles; those
 * of transactions and rows that are dropped are let go of.
 */
export function sqlInterface(opener: Opener<Sql>): HostInterface {
  return {
    '[static]database.open': (name: string) => answer(() => opener.open(name), opened),
    '[method]database.query': (database: Opened<Sql>, text: string, parameters: WitValue[]) =>
      answer(() => database.of.query(statement(text, parameters)), unlessGone(database, closeRows)),
    '[method]database.execute': ({ of }: Opened<Sql>, text: string, parameters: WitValue[]) =>
      answer(() => of.execute(statement(text, parameters)), done),
    '[method]database.batch': (
      { of }: Opened<Sql>,
      statements: { readonly text: string; readonly parameters: WitValue[] }[],
    ) =>
      answer(
        () => of.batch(statements.map(({ text, parameters }) => statement(text, parameters))),
        (changes) => ok(changes.map(lowerChanges)),
      ),
    '[method]database.prepare': ({ of }: Opened<Sql>, text: string) => answer(() => of.prepare(text), opened),
    '[method]database.begin': (database: Opened<Sql>, readOnly: boolean) =>
      answer(
        () => database.of.begin({ readOnly }),
        unlessGone(database, (transaction: SqlTransaction) => transaction.rollback()),
      ),
    '[drop]database': (database: Opened<Sql>) => void (database.gone = true),
    '[method]prepared.query': (prepared: Opened<SqlPrepared>, parameters: WitValue[]) =>
      answer(() => prepared.of.query(parameters.map(lift)), unlessGone(prepared, closeRows)),
    '[method]prepared.execute': ({ of }: Opened<SqlPrepared>, parameters: WitValue[]) =>
      answer(() => of.execute(parameters.map(lift)), done),
    '[drop]prepared': (prepared: Opened<SqlPrepared>) => {
      prepared.gone = true;
      return prepared.of.close();
    },
    // Its end closes the rows that it gave, also those that come later.
    '[method]transaction.query': (transaction: SqlTransaction, text: string, parameters: WitValue[]) =>
      answer(() => transaction.query(statement(text, parameters)), ok),
    '[method]transaction.execute': (transaction: SqlTransaction, text: string, parameters: WitValue[]) =>
      answer(() => transaction.execute(statement(text, parameters)), done),
    '[method]transaction.commit': (transaction: SqlTransaction) =>
      answer(() => transaction.commit(), nothing),
    '[method]transaction.rollback': (transaction: SqlTransaction) =>
      answer(() => transaction.rollback(), nothing),
    '[drop]transaction': (transaction: SqlTransaction) => transaction.rollback(),
    '[method]rows.columns': ({ columns }: SqlRows) =>
      columns.map(({ name, type }) => ({ name, declared: type })),
    '[method]rows.next': (rows: SqlRows) => answer(() => rows.next(), page),
    '[drop]rows': (rows: SqlRows) => rows.close(),
  };
}

function statement(text: string, parameters: readonly WitValue[]): SqlStatement {
  return { text, parameters: parameters.map(lift) };
}

const done = (changes: SqlChanges): Result => ok(lowerChanges(changes));
const page = (rows: readonly SqlRow[]): Result => ok(rows.map((row) => row.map(lower)));

function lowerChanges({ rows, lastInsertId }: SqlChanges) {
  return { rows: BigInt(rows), lastInsertId: lastInsertId?.toString() };
}

/** @throws {CapabilityError} `invalid-argument` */
function lift(value: WitValue): SqlValue {
  switch (value.tag) {
    case 'null':
      return null;
    case 'integer':
      if (/^-?\d{1,19}$/.test(value.val)) return BigInt(value.val);
      throw new CapabilityError('invalid-argument', 'an integer is decimal text of 64 bits with a sign');
    case 'decimal':
    case 'date':
    case 'time':
    case 'timestamp':
      return { type: value.tag, text: value.val };
    default:
      return value.val;
  }
}

function lower(value: SqlValue): WitValue {
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
      if (value === null) return { tag: 'null' };
      if (value instanceof Uint8Array) return { tag: 'blob', val: value };
      return { tag: value.type, val: value.text };
  }
}
