import { Database as WitDatabase } from '#cloud/sql';
import type {
  Changes as WitChanges,
  Rows as WitRows,
  Transaction as WitTransaction,
  Value,
} from 'spiderlightning:cloud/sql@0.6.0';
import { CapabilityError, translateErrors } from './error.ts';
import { useOpened } from './opened.ts';
import { toFragment, type Fragment, type SqlInput } from './sql-text.ts';

/**
 * What comes back. An integer beyond 2^53 is a bigint, others are numbers; decimals, dates and times are text, and so is a
 * timestamp.
 */
export type SqlOutput = null | boolean | number | bigint | string | Uint8Array;
/** A row: its values by the names of their columns. */
export type SqlRow = { [column: string]: SqlOutput };

export interface SqlColumn {
  readonly name: string;
  /** The type that it was declared with, in the words of the database; undefined for an expression. */
  readonly declared: string | undefined;
}

/** What a statement did. */
export interface Changes {
  /** Rows that were inserted, updated or deleted. */
  readonly rows: number;
  /** The number that the last inserted row got, where the database tells. */
  readonly lastInsertId: number | bigint | undefined;
}

/**
 * The rows of a query, which has begun: awaited, all of them; in `for await`, one after the other, of which only a page is
 * in memory. Either can be done once; who awaits it again gets the same rows.
 */
export interface Query<Row> extends PromiseLike<Row[]>, AsyncIterable<Row> {
  /** The first row, or undefined; the others are not read. */
  first(): Promise<Row | undefined>;
  columns(): Promise<readonly SqlColumn[]>;
}

/** Runs statements: templates in which every `${}` is bound, or what `sql` made. The type of the rows is unchecked. */
export interface Queryable {
  /** ``await db.query<Order>`select * from orders where id = ${id}` `` */
  query<Row extends object = SqlRow>(
    strings: TemplateStringsArray | Fragment,
    ...values: readonly SqlInput[]
  ): Query<Row>;
  /** For statements without rows: ``await db.execute`delete from orders where id = ${id}` `` */
  execute(strings: TemplateStringsArray | Fragment, ...values: readonly SqlInput[]): Promise<Changes>;
}

/** Statements that happen together or not at all. One that fails fails all of them, and what follows is `aborted`. */
export interface Transaction extends Queryable {}

export interface TransactionOptions {
  /** It writes nothing, keeps nobody from writing, and sees the same data throughout. */
  readonly readOnly?: boolean;
}

/** A database that the slightfile names. Every method may throw a CapabilityError. */
export interface Database extends Queryable {
  readonly name: string;
  /** Up to 1,000 statements in their order, all or none: ``db.batch([sql`…`, sql`…`])``. */
  batch(statements: readonly Fragment[]): Promise<Changes[]>;
  /**
   * Commits when `work` returns, and gives what that gave; rolls back when it throws. Keep it short: where SQLite keeps the
   * data, one transaction writes at a time.
   */
  transaction<T>(work: (tx: Transaction) => T | Promise<T>, options?: TransactionOptions): Promise<T>;
}

/**
 * The database of this name. It is opened by its first use, so a module's top level may call this: a name that the host
 * does not grant throws `permission-denied` there, not here.
 */
export function openDatabase(name: string): Database {
  const use = useOpened(`the database "${name}"`, () => WitDatabase.open(name));
  return {
    name,
    ...queryable((operation, call) => use(operation, call)),
    batch: (statements) =>
      use('batch', (wit) =>
        wit
          .batch(
            statements
              .map((each) => toFragment(each, []))
              .map(({ text, values }) => ({ text, parameters: [...values] })),
          )
          .map(changes),
      ),
    async transaction(work, { readOnly = false } = {}) {
      const wit = await use('transaction', (database) => database.begin(readOnly));
      let over = false;
      try {
        const answer = await work(
          queryable(async (operation, call) => {
            if (over) throw transactionOver(operation, name);
            return translateErrors(() => call(wit));
          }),
        );
        translateErrors(() => wit.commit());
        return answer;
      } finally {
        over = true;
        // What was not committed is undone.
        wit[Symbol.dispose]();
      }
    },
  };
}

function transactionOver(operation: string, name: string): CapabilityError {
  return new CapabilityError({
    code: 'precondition-failed',
    message: `the database "${name}": ${operation}: the transaction is over. Await within it all that belongs to it, or begin another`,
    retryable: false,
    outcome: 'none',
  });
}

type Runner = Pick<WitDatabase | WitTransaction, 'query' | 'execute'>;
type Use = <T>(operation: string, call: (runner: Runner) => T) => Promise<T>;

function queryable(use: Use): Queryable {
  return {
    query<Row>(strings: TemplateStringsArray | Fragment, ...given: readonly SqlInput[]) {
      const { text, values } = toFragment(strings, given);
      return queryOf<Row>(use('query', (runner) => runner.query(text, [...values])));
    },
    execute(strings, ...given) {
      const { text, values } = toFragment(strings, given);
      return use('execute', (runner) => changes(runner.execute(text, [...values])));
    },
  };
}

/** @param opening the rows of the query, which is under way */
function queryOf<Row>(opening: Promise<WitRows>): Query<Row> {
  const opened = opening.then((rows) => ({ rows, columns: rows.columns() }));
  let taken = false;
  let all: Promise<Row[]> | undefined;

  async function* iterate(): AsyncGenerator<Row, void, undefined> {
    if (taken) throw new TypeError('the rows of a query are read once: keep what was read, or ask again');
    taken = true;
    const { rows, columns } = await opened;
    const names = columns.map(({ name }) => name);
    try {
      for (let page = next(rows); page.length > 0; page = next(rows))
        for (const values of page)
          yield Object.fromEntries(values.map((value, index) => [names[index]!, fromValue(value)])) as Row;
    } finally {
      rows[Symbol.dispose]();
    }
  }

  async function readAll(): Promise<Row[]> {
    const all: Row[] = [];
    for await (const row of iterate()) all.push(row);
    return all;
  }

  return {
    [Symbol.asyncIterator]: iterate,
    // oxlint-disable-next-line unicorn/no-thenable
    then: (onDone, onFailed) => (all ??= readAll()).then(onDone, onFailed),
    async first() {
      for await (const row of iterate()) return row;
      return undefined;
    },
    columns: () =>
      opened.then(({ columns }) =>
        columns.map(({ name, declared }) => ({ name, declared: declared ?? undefined })),
      ),
  };
}

function next(rows: WitRows): Value[][] {
  return translateErrors(() => rows.next());
}

function changes({ rows, lastInsertId }: WitChanges): Changes {
  return { rows: Number(rows), lastInsertId: lastInsertId === null ? undefined : toInteger(lastInsertId) };
}

function fromValue(value: Value): SqlOutput {
  switch (value.tag) {
    case 'null':
      return null;
    case 'integer':
      return toInteger(value.val);
    default:
      return value.val;
  }
}

function toInteger(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}
