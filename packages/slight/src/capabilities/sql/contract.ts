import type { MaybePromise } from '../core/backend.ts';
import type { Opened, Operations } from '../core/capability.ts';

/** What a backend may be able to do beyond the core. */
export type SqlFeature =
  | 'typed' // values of every type come back as that type from a column that was declared with it
  | 'last-insert-id' // `execute` says which number the last row got
  | 'durable' // what was committed survives the death of this process
  | 'durable-server' // … where the server is set up for it
  | 'shared'; // several processes see the same data

/** Values that travel as text. */
export type SqlTextType = 'decimal' | 'date' | 'time' | 'timestamp';

/** `decimal`: `-12.50`; `date`: `2027-01-31`; `time`: `23:59:59.123`; `timestamp`: `2027-01-31T23:59:59.123Z`. */
export interface SqlTyped {
  readonly type: SqlTextType;
  readonly text: string;
}

/** `bigint` is an integer of 64 bits with a sign, `number` a float, `Uint8Array` a blob. */
export type SqlValue = null | boolean | bigint | number | string | Uint8Array | SqlTyped;
export type SqlRow = readonly SqlValue[];

export interface SqlColumn {
  readonly name: string;
  /** The type that the column was declared with, in the words of the database; absent for an expression. */
  readonly type?: string;
}

/** One statement in the database's own SQL. Each `?` in it stands for the next parameter. */
export interface SqlStatement {
  readonly text: string;
  readonly parameters: readonly SqlValue[];
}

/** What a statement did. */
export interface SqlChanges {
  /** Rows that were inserted, updated or deleted. */
  readonly rows: number;
  /** The number of the row that was inserted last; absent where none was, or where the backend does not know. */
  readonly lastInsertId?: bigint;
}

/** The rows of a query, of which only a page is in memory at any time. */
export interface SqlRows {
  readonly columns: readonly SqlColumn[];
  /** The next rows in their order; none: there are no more. */
  next(): MaybePromise<readonly SqlRow[]>;
  /** Lets go of what is left. It does not fail. */
  close(): MaybePromise<void>;
}

/** A statement that was looked at once and is run with different parameters. */
export interface SqlPrepared {
  query(parameters: readonly SqlValue[]): MaybePromise<SqlRows>;
  execute(parameters: readonly SqlValue[]): MaybePromise<SqlChanges>;
  close(): MaybePromise<void>;
}

/**
 * Statements that happen together or not at all. One that fails fails the whole: what follows is `aborted`, and nothing
 * stays.
 */
export interface SqlTransaction {
  query(statement: SqlStatement): MaybePromise<SqlRows>;
  execute(statement: SqlStatement): MaybePromise<SqlChanges>;
  commit(): MaybePromise<void>;
  /** Undoes everything. Also after a failure, and after the end, where it does nothing. It does not fail. */
  rollback(): MaybePromise<void>;
}

/**
 * One opened database: what backends implement, what the portable layer wraps, what dialects call. Every method fails
 * with a `CapabilityError` only. Statements reach a backend checked: not empty, up to 1 MiB, as many parameters as
 * marks, values up to 25 MiB. What a statement broke stands in the error's `detail` as `SqlDetail`.
 */
export interface Sql extends Opened {
  /** What it writes, if it does, is written when this answers, whether its rows are read or not. */
  query(statement: SqlStatement): MaybePromise<SqlRows>;
  execute(statement: SqlStatement): MaybePromise<SqlChanges>;
  /** All of them in one transaction, in their order. */
  batch(statements: readonly SqlStatement[]): MaybePromise<readonly SqlChanges[]>;
  /** @throws {CapabilityError} `invalid-argument` where the statement cannot be run */
  prepare(text: string): MaybePromise<SqlPrepared>;
  /** `readOnly`: it sees the data as it is when it first reads, until its end, and writes nothing. */
  begin(options?: { readonly readOnly?: boolean }): MaybePromise<SqlTransaction>;
}

/** What is known of a statement that failed. */
export interface SqlDetail {
  /** SQLSTATE: `23505` for a value that is there already. */
  readonly state?: string;
  /** What was broken: a constraint's name, or `table.column`. */
  readonly constraint?: string;
}

export const sqlOperations: Operations<Sql> = {
  query: 'query',
  execute: 'execute',
  batch: 'batch',
  prepare: 'prepare',
  begin: 'begin',
};
