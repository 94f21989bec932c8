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

/**
 * `spiderlightning:cloud/sql`: the contract under its names in WIT. What it gives stands for the guest's handles; those
 * of transactions and rows that are dropped are let go of.
 */
export function sqlInterface(opener: Opener<Sql>): HostInterface {
  return {
    '[static]database.open': (name: string) => answer(() => opener.open(name), ok),
    '[method]database.query': (database: Sql, text: string, parameters: WitValue[]) =>
      answer(() => database.query(statement(text, parameters)), ok),
    '[method]database.execute': (database: Sql, text: string, parameters: WitValue[]) =>
      answer(() => database.execute(statement(text, parameters)), done),
    '[method]database.batch': (
      database: Sql,
      statements: { readonly text: string; readonly parameters: WitValue[] }[],
    ) =>
      answer(
        () => database.batch(statements.map(({ text, parameters }) => statement(text, parameters))),
        (changes) => ok(changes.map(lowerChanges)),
      ),
    '[method]database.prepare': (database: Sql, text: string) => answer(() => database.prepare(text), ok),
    '[method]database.begin': (database: Sql, readOnly: boolean) =>
      answer(() => database.begin({ readOnly }), ok),
    '[method]prepared.query': (prepared: SqlPrepared, parameters: WitValue[]) =>
      answer(() => prepared.query(parameters.map(lift)), ok),
    '[method]prepared.execute': (prepared: SqlPrepared, parameters: WitValue[]) =>
      answer(() => prepared.execute(parameters.map(lift)), done),
    '[drop]prepared': (prepared: SqlPrepared) => prepared.close(),
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
