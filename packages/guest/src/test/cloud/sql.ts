import type {
  Column,
  Statement,
  Value,
  Changes as WitChanges,
  Database as WitDatabase,
  Prepared as WitPrepared,
  Rows as WitRows,
  Transaction as WitTransaction,
} from 'spiderlightning:cloud/sql@0.6.0';
import { useData } from '../host.ts';
import { memoryDatabases } from '../memory-sql.ts';
import type { MemoryDatabase, MemoryRows } from '../memory-sql.ts';
import { witError } from '../wit-error.ts';

/** `spiderlightning:cloud/sql` in plain Node: databases in memory, of the app that is under test. */
export class Database implements WitDatabase {
  readonly #name: string;

  private constructor(name: string) {
    this.#name = name;
  }

  static open(name: string): Database {
    const database = new Database(name);
    database.#use();
    return database;
  }

  query(text: string, parameters: Value[]): Rows {
    return new Rows(this.#use().query(text, parameters));
  }

  execute(text: string, parameters: Value[]): WitChanges {
    return this.#use().execute(text, parameters);
  }

  batch(statements: Statement[]): WitChanges[] {
    return this.#use().batch(statements);
  }

  prepare(text: string): Prepared {
    this.#use().check(text);
    return new Prepared(this, text);
  }

  begin(readOnly: boolean): Transaction {
    return new Transaction(this.#use(), readOnly);
  }

  [Symbol.dispose](): void {}

  /** Looked up for every use: one opened database may serve the tests of several apps. */
  #use(): MemoryDatabase {
    return useData(memoryDatabases, this.#name);
  }
}

export class Prepared implements WitPrepared {
  readonly #database: Database;
  readonly #text: string;

  constructor(database: Database, text: string) {
    this.#database = database;
    this.#text = text;
  }

  query(parameters: Value[]): Rows {
    return this.#database.query(this.#text, parameters);
  }

  execute(parameters: Value[]): WitChanges {
    return this.#database.execute(this.#text, parameters);
  }

  [Symbol.dispose](): void {}
}

export class Transaction implements WitTransaction {
  readonly #database: MemoryDatabase;
  readonly #end: (commit: boolean) => void;
  readonly #readOnly: boolean;
  #state: 'open' | 'failed' | 'over' = 'open';

  constructor(database: MemoryDatabase, readOnly: boolean) {
    this.#database = database;
    this.#readOnly = readOnly;
    this.#end = database.begin();
  }

  query(text: string, parameters: Value[]): Rows {
    return new Rows(this.#step(text, () => this.#database.query(text, parameters)));
  }

  execute(text: string, parameters: Value[]): WitChanges {
    return this.#step(text, () => this.#database.execute(text, parameters));
  }

  commit(): void {
    this.#requireOpen();
    this.#state = 'over';
    this.#end(true);
  }

  rollback(): void {
    this.#state = 'over';
    this.#end(false);
  }

  [Symbol.dispose](): void {
    this.rollback();
  }

  #requireOpen(): void {
    if (this.#state === 'over')
      throw witError('precondition-failed', 'the transaction is over. Begin another');
    if (this.#state === 'failed') throw witError('aborted', 'a statement of this transaction failed');
  }

  #step<T>(text: string, work: () => T): T {
    this.#requireOpen();
    try {
      if (this.#readOnly && /\b(?:insert|update|delete|replace|create|drop|alter)\b/i.test(text))
        throw witError('precondition-failed', 'the transaction only reads');
      return work();
    } catch (error) {
      this.#state = 'failed';
      throw error;
    }
  }
}

export class Rows implements WitRows {
  readonly #rows: MemoryRows;
  #next = 0;

  constructor(rows: MemoryRows) {
    this.#rows = rows;
  }

  columns(): Column[] {
    return this.#rows.columns;
  }

  next(): Value[][] {
    const page = this.#rows.rows.slice(this.#next, this.#next + 500);
    this.#next += page.length;
    return page;
  }

  [Symbol.dispose](): void {
    this.#next = Infinity;
  }
}
