import type { MaybePromise } from '../../core/backend.ts';
import type { CheckDefinition as AnyCheck } from '../../core/check.ts';
import { CapabilityError } from '../../core/error.ts';
import type {
  Sql,
  SqlFeature,
  SqlRow,
  SqlRows,
  SqlStatement,
  SqlTransaction,
  SqlValue,
} from '../contract.ts';

export { assertFails } from '../../core/check.ts';

/** What types are called where a column is declared; `identity`: a primary key that counts by itself. */
export interface SqlTypes {
  readonly boolean: string;
  readonly integer: string;
  readonly float: string;
  readonly decimal: string;
  readonly text: string;
  readonly blob: string;
  readonly date: string;
  readonly time: string;
  readonly timestamp: string;
  readonly identity: string;
}

export interface SqlTarget {
  /** What the backend declares. */
  readonly features: ReadonlySet<SqlFeature>;
  readonly types: SqlTypes;
  /**
   * Opens a database as a guest would see it, behind the portable layer (`openCapabilityOn` puts a backend there). Two
   * opens of one name are the same data. Names are made up by the suite, and are different in each run.
   */
  open(name: string): MaybePromise<Sql>;
  /** With `durable-server`: ends the server without warning and starts it again. Called while nothing is open. */
  restart?(): Promise<void>;
}

export interface CheckTools {
  readonly features: ReadonlySet<SqlFeature>;
  readonly types: SqlTypes;
  /** A database of this check alone; the same suffix opens the same one once more. */
  open(suffix?: string): Promise<Sql>;
  /** One with the table `items (id, name, amount)`; ids are given, names are unique. */
  openItems(suffix?: string): Promise<Sql>;
  /** Closes all that is open, and restarts the server where there is one. */
  restart(): Promise<void>;
}

export type CheckDefinition = AnyCheck<SqlFeature, CheckTools>;

export const statement = (text: string, ...parameters: SqlValue[]): SqlStatement => ({ text, parameters });

/** Every row that is left. */
export async function drain(rows: SqlRows): Promise<SqlRow[]> {
  const all: SqlRow[] = [];
  for (;;) {
    const page = await rows.next();
    if (page.length === 0) return all;
    all.push(...page);
  }
}

export async function readAll(
  from: Pick<Sql | SqlTransaction, 'query'>,
  text: string,
  ...parameters: SqlValue[]
): Promise<SqlRow[]> {
  return await drain(await from.query({ text, parameters }));
}

export async function change(
  where: Pick<Sql | SqlTransaction, 'execute'>,
  text: string,
  ...parameters: SqlValue[]
): Promise<number> {
  const { rows } = await where.execute({ text, parameters });
  return rows;
}

/** The names of the items that are there. */
export async function namesIn(from: Pick<Sql | SqlTransaction, 'query'>): Promise<SqlValue[]> {
  return (await readAll(from, 'SELECT name FROM items ORDER BY id')).map(([name]) => name!);
}

export const insertItem = (id: bigint, name: string): SqlStatement =>
  statement('INSERT INTO items (id, name, amount) VALUES (?, ?, ?)', id, name, 0n);

/** Does it again where it was `aborted`, which says that nothing of it happened. */
export async function untilDone<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CapabilityError) || error.code !== 'aborted' || attempt === 200) throw error;
    }
  }
}
