import type { Sql, SqlColumn, SqlRow, SqlRows, SqlStatement, SqlTransaction, SqlValue } from '../contract.ts';
import { CapabilityError, type ErrorCode } from '../../core/error.ts';

export interface Defect {
  /** Names of checks that must fail. */
  readonly breaks: readonly string[];
  /** What is opened in place of this name. */
  rename?(name: string): string;
  /** Breaks the backend, below the portable layer. */
  backend?(sql: Sql, name: string): Partial<Sql>;
  /** Breaks what the guest sees, above the portable layer. */
  guest?(sql: Sql, raw: Sql): Partial<Sql>;
}

export type Defects = { readonly [name: string]: Defect };

/** Changes what becomes of a statement on its way in, wherever it is run. */
export function withStatements(changed: (statement: SqlStatement) => SqlStatement): Defect['backend'] {
  return (sql) => ({
    query: (statement) => sql.query(changed(statement)),
    execute: (statement) => sql.execute(changed(statement)),
    batch: (statements) => sql.batch(statements.map(changed)),
    prepare: async (text) => {
      const prepared = await sql.prepare(text);
      const parametersOf = (parameters: readonly SqlValue[]) => changed({ text, parameters }).parameters;
      return {
        query: (parameters) => prepared.query(parametersOf(parameters)),
        execute: (parameters) => prepared.execute(parametersOf(parameters)),
        close: () => prepared.close(),
      };
    },
  });
}

/** Changes every value that goes in. */
export const withParameters = (changed: (value: SqlValue) => SqlValue): Defect['backend'] =>
  withStatements(({ text, parameters }) => ({ text, parameters: parameters.map(changed) }));

/** Changes the rows of every query outside of transactions. */
export function withRows(changed: (rows: SqlRows) => Partial<SqlRows>): Defect['backend'] {
  return (sql) => ({
    async query(statement) {
      const rows = await sql.query(statement);
      return {
        columns: rows.columns,
        next: () => rows.next(),
        close: () => rows.close(),
        ...changed(rows),
      };
    },
  });
}

export const withPages = (changed: (page: readonly SqlRow[]) => readonly SqlRow[]): Defect['backend'] =>
  withRows((rows) => ({ next: async () => changed(await rows.next()) }));

/** Changes every value that comes out. */
export const withValues = (changed: (value: SqlValue) => SqlValue): Defect['backend'] =>
  withPages((page) => page.map((row) => row.map(changed)));

export const withColumns = (changed: (column: SqlColumn) => SqlColumn): Defect['backend'] =>
  withRows((rows) => ({ columns: rows.columns.map(changed) }));

/** Changes what a transaction does. */
export function withTransactions(
  changed: (transaction: SqlTransaction, sql: Sql) => Partial<SqlTransaction>,
): Defect['backend'] {
  return (sql) => ({
    async begin(how) {
      const transaction = await sql.begin(how);
      return { ...transaction, ...changed(transaction, sql) };
    },
  });
}

/** Gives errors of this code another one. */
export function withCode(code: ErrorCode, other: ErrorCode): Defect['backend'] {
  return withErrors((error) =>
    error.code === code ? new CapabilityError(other, error.message, error) : error,
  );
}

export function withErrors(changed: (error: CapabilityError) => Error): Defect['backend'] {
  async function attempt<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof CapabilityError ? changed(error) : error;
    }
  }
  return (sql) => ({
    query: (statement) => attempt(() => sql.query(statement)),
    execute: (statement) => attempt(() => sql.execute(statement)),
    batch: (statements) => attempt(() => sql.batch(statements)),
    prepare: (text) => attempt(() => sql.prepare(text)),
  });
}
