import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue } from 'node:sqlite';
import type { Column, Statement, Changes as WitChanges, Value } from 'spiderlightning:cloud/sql@0.6.0';
import type { TestKind } from './host.ts';
import { witError } from './wit-error.ts';

/** Rows with their columns. */
export interface MemoryRows {
  readonly columns: Column[];
  readonly rows: Value[][];
}

const pieces = /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`(?:[^`]|``)*`?|\[[^\]]*\]?|--[^\n]*|\/\*[^]*?(?:\*\/|$)/g;
const emptyTail = /^(?:[\s;]|--[^\n]*(?:\n|$)|\/\*[^]*?(?:\*\/|$))*$/;
/** What a host does not let an app do, by its first word. */
const denied = /^\s*(?:begin|commit|end|rollback|savepoint|release|attach|detach|vacuum)\b/i;
const temporary = /^\s*create\s+temp(?:orary)?\b/i;

type Stored = null | bigint | number | string | Uint8Array;

/**
 * A database in memory, in SQLite: the real thing needs no pages, no other processes and no deadline, and denies more of
 * what an app must not do.
 */
export class MemoryDatabase {
  readonly #db = new DatabaseSync(':memory:', { readBigInts: true, returnArrays: true });
  #inTransaction = false;

  query(text: string, parameters: readonly Value[]): MemoryRows {
    return this.#run(text, parameters, (statement, values) => {
      const stored = statement.all(...values) as unknown as Stored[][];
      const columns = statement.columns();
      return {
        columns: columns.map(({ name, type }) => ({ name, declared: type })),
        rows: stored.map((row) => row.map((value, index) => lower(value, columns[index]!.type))),
      };
    });
  }

  execute(text: string, parameters: readonly Value[]): WitChanges {
    return this.#run(text, parameters, (statement, values) => {
      // SQLite tells of the last statement that changed rows, which may have been another.
      const before = this.#totalChanges();
      const { changes, lastInsertRowid } = statement.run(...values);
      const rows = this.#totalChanges() === before ? 0 : Number(changes);
      const inserted = rows > 0 && /\b(?:insert|replace)\b/i.test(text) && !/\bdo\s+update\b/i.test(text);
      const told = inserted && this.#getsNumbers(text);
      return { rows, lastInsertId: told ? lastInsertRowid.toString() : null };
    });
  }

  check(text: string): void {
    this.#prepare(text);
  }

  batch(statements: readonly Statement[]): WitChanges[] {
    if (statements.length > 1_000) throw witError('invalid-argument', 'a batch has up to 1,000 statements');
    const end = this.begin();
    try {
      const changes = statements.map(({ text, parameters }) => this.execute(text, parameters));
      end(true);
      return changes;
    } catch (error) {
      end(false);
      throw error;
    }
  }

  /** Gives what ends the transaction: with a commit, or without. One at a time: nobody could wait for it here. */
  begin(): (commit: boolean) => void {
    if (this.#inTransaction)
      throw witError('aborted', 'another transaction is open, and in a test nobody waits for its end');
    this.#inTransaction = true;
    this.#db.exec('BEGIN');
    let over = false;
    return (commit) => {
      if (over) return;
      over = true;
      this.#inTransaction = false;
      this.#db.exec(commit ? 'COMMIT' : 'ROLLBACK');
    };
  }

  /** Rows of a table without numbers leave the last number as it was: that of another table. */
  #getsNumbers(text: string): boolean {
    const [, quoted, plain] = /\binto\s+(?:\w+\s*\.\s*)?(?:["`[]([^"`\]]+)["`\]]|(\w+))/i.exec(text) ?? [];
    const tables = this.#db.prepare('SELECT wr FROM pragma_table_list(?)');
    const found = tables.all(quoted ?? plain ?? '') as unknown as [bigint][];
    return found.every(([without]) => without === 0n);
  }

  #totalChanges(): unknown {
    return (this.#db.prepare('SELECT total_changes()').all() as unknown as [[unknown]])[0][0];
  }

  #prepare(text: string) {
    if (denied.test(blank(text)) || temporary.test(blank(text)))
      throw witError('permission-denied', `not allowed here: ${text.trim().slice(0, 40)}`);
    if (/\?\d+|(?<![:\w])[:@$][A-Za-z_]\w*/.test(blank(text)))
      throw witError('invalid-argument', 'write ? for each parameter, in their order');
    return explaining(() => {
      const statement = this.#db.prepare(text);
      if (emptyTail.test(text.slice(statement.sourceSQL.length))) return statement;
      throw witError('invalid-argument', 'there is more than one statement: use a batch');
    });
  }

  #run<T>(
    text: string,
    parameters: readonly Value[],
    use: (statement: ReturnType<DatabaseSync['prepare']>, values: SQLInputValue[]) => T,
  ): T {
    const marks = blank(text).split('?').length - 1;
    if (marks !== parameters.length)
      throw witError(
        'invalid-argument',
        `the statement has ${marks} parameters (?), and ${parameters.length} values were given`,
      );
    const statement = this.#prepare(text);
    return explaining(() => use(statement, parameters.map(lift)));
  }
}

/** The databases of an app under test. */
export const memoryDatabases: TestKind<MemoryDatabase> = {
  noun: 'database',
  option: 'databases',
  make: () => new MemoryDatabase(),
};

const blank = (text: string): string => text.replace(pieces, (found) => ' '.repeat(found.length));

const time = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?`;
const date = String.raw`\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`;
const forms: { readonly [tag: string]: RegExp | undefined } = {
  decimal: /^-?\d{1,1000}(?:\.\d{1,1000})?$/,
  date: new RegExp(`^${date}$`),
  time: new RegExp(`^${time}$`),
  timestamp: new RegExp(String.raw`^${date}[T ]${time}(?:Z|[+-]\d\d:\d\d)?$`),
};

/** There is no 30th of February. */
function hasForm(tag: string, text: string): boolean {
  if (!forms[tag]!.test(text)) return false;
  const day = text.slice(0, 10);
  return (tag !== 'date' && tag !== 'timestamp') || new Date(day).toISOString().startsWith(day);
}

function lift(value: Value): SQLInputValue {
  switch (value.tag) {
    case 'null':
      return null;
    case 'boolean':
      return value.val ? 1n : 0n;
    case 'integer': {
      const integer = BigInt(value.val);
      if (BigInt.asIntN(64, integer) === integer) return integer;
      throw witError('invalid-argument', `${integer} has more than 64 bits with a sign`);
    }
    case 'float':
      if (!Number.isNaN(value.val)) return value.val;
      throw witError('invalid-argument', 'NaN is no value in SQL');
    case 'text':
      if (value.val.isWellFormed()) return value.val;
      throw witError('invalid-argument', 'the text has half a surrogate pair');
    case 'blob':
      return value.val;
    default:
      if (hasForm(value.tag, value.val)) return value.val;
      throw witError('invalid-argument', `${JSON.stringify(value.val)} is no ${value.tag}`);
  }
}

function lower(value: Stored, declared: string | null): Value {
  const word = /^\w*/.exec((declared ?? '').toUpperCase())![0];
  if (value === null) return { tag: 'null' };
  if (value instanceof Uint8Array) return { tag: 'blob', val: value };
  if (typeof value === 'number') return { tag: 'float', val: value };
  if (typeof value === 'bigint')
    return (word === 'BOOL' || word === 'BOOLEAN') && (value === 0n || value === 1n)
      ? { tag: 'boolean', val: value === 1n }
      : { tag: 'integer', val: value.toString() };
  const tag = Object.hasOwn(tags, word) ? tags[word]! : 'text';
  return { tag: tag === 'text' || hasForm(tag, value) ? tag : 'text', val: value };
}

/** What texts of a column are, by the first word of its declaration. */
const tags: { readonly [word: string]: 'decimal' | 'date' | 'time' | 'timestamp' } = {
  DECIMAL: 'decimal',
  NUMERIC: 'decimal',
  DATE: 'date',
  TIME: 'time',
  TIMESTAMP: 'timestamp',
  DATETIME: 'timestamp',
};

/** Extended result codes of SQLite (https://sqlite.org/rescode.html). */
function explaining<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if ((error as { payload?: unknown }).payload !== undefined) throw error;
    const { message, errcode, code } = error as Error & { errcode?: number; code?: string };
    switch (errcode) {
      case 2067:
      case 1555:
      case 2579:
        throw witError('already-exists', message);
      case 787:
      case 1811:
        throw witError('precondition-failed', message);
      case undefined:
        throw witError(code === 'ERR_INVALID_ARG_VALUE' ? 'invalid-argument' : 'internal', message);
      default:
        throw witError('invalid-argument', message);
    }
  }
}
