import { CapabilityError } from '../../core/error.ts';
import type { Sql, SqlRows, SqlStatement, SqlTransaction } from '../contract.ts';
import { mayWrite, onlyReads } from '../statement.ts';
import { RunnerEnded, type Connection } from './sqlite-connection.ts';
import type { Engine, Page } from './sqlite-engine.ts';
import type { RunnerPool } from './sqlite-pool.ts';
import { createWriters } from './sqlite-writers.ts';

/** What a failure of the process leaves behind: nothing, or nobody knows. */
type Outcome = 'none' | 'unknown';

/** A little less than an operation has, so that the answer can say what became of it. */
const share = 0.9;

/** The operations of a database on the processes of a pool. `timeout`: milliseconds for each of them. */
export function pooledSql(pool: RunnerPool, timeout: number): Omit<Sql, 'ping' | 'close'> {
  const deadline = (): number => performance.now() + timeout * share;
  const writers = createWriters();

  async function once<Method extends 'execute' | 'batch' | 'check'>(
    method: Method,
    args: Parameters<Engine[Method]>,
    outcome: Outcome,
  ): Promise<ReturnType<Engine[Method]>> {
    const end = deadline();
    const leave = method === 'check' ? undefined : await writers.take(end);
    try {
      const connection = await pool.take(end);
      try {
        return await asking(outcome, () => connection.call(method, args, end));
      } finally {
        pool.give(connection);
      }
    } finally {
      leave?.();
    }
  }

  async function query(statement: SqlStatement): Promise<SqlRows> {
    const end = deadline();
    // Whoever waits for the write lock keeps no connection from those who read.
    const leave = mayWrite(statement.text) ? await writers.take(end) : undefined;
    try {
      return await begin(statement, end);
    } finally {
      // What it writes is written by now.
      leave?.();
    }
  }

  async function begin(statement: SqlStatement, end: number): Promise<SqlRows> {
    const outcome = outcomeOf(statement);
    const connection = await pool.take(end);
    let page: Page;
    try {
      page = await asking(outcome, () => connection.call('query', [statement], end));
    } catch (error) {
      pool.give(connection);
      throw error;
    }
    return rowsOf(connection, page, outcome, () => pool.give(connection));
  }

  /** `release` is called once, as soon as the connection is not needed any more. */
  function rowsOf(
    connection: Connection,
    { columns, rows, cursor }: Page,
    outcome: Outcome,
    release: () => void,
  ): SqlRows {
    let first: typeof rows | undefined = rows;
    let open = cursor !== undefined;
    if (!open) release();

    function end(): void {
      if (!open) return;
      open = false;
      release();
    }

    async function close(): Promise<void> {
      first = undefined;
      if (!open) return;
      try {
        await connection.call('release', [cursor!], deadline());
      } catch {
        // Then it is gone, and its rows with it.
      }
      end();
    }

    async function fetch(): Promise<Awaited<ReturnType<SqlRows['next']>>> {
      try {
        const page = await asking(outcome, () => connection.call('fetch', [cursor!], deadline()));
        if (page.length === 0) end();
        return page;
      } catch (error) {
        await close();
        throw error;
      }
    }

    return {
      columns,
      next() {
        if (first !== undefined && first.length > 0) {
          const page = first;
          first = undefined;
          return page;
        }
        return open ? fetch() : [];
      },
      close,
    };
  }

  /** `leave` is called once, when it is over. */
  function transactionOn(connection: Connection, readOnly: boolean, leave: () => void): SqlTransaction {
    let over = false;
    const give = (): void => {
      if (over) return;
      over = true;
      pool.give(connection);
      leave();
    };

    /** Nothing of a transaction stays where its process ends, but for one that commits. */
    function step<Method extends 'query' | 'execute' | 'commit'>(
      method: Method,
      args: Parameters<Engine[Method]>,
      outcome: Outcome = 'none',
    ): Promise<ReturnType<Engine[Method]>> {
      if (over) throw new CapabilityError('aborted', 'the transaction is gone. Begin another');
      return asking(outcome, () => connection.call(method, args, deadline()));
    }

    return {
      async query(statement) {
        const rows = rowsOf(connection, await step('query', [statement]), 'none', () => undefined);
        // Its end closes them all, and the connection may be another's by then.
        return { ...rows, close: () => (over ? undefined : rows.close()) };
      },
      execute: (statement) => step('execute', [statement]),
      async commit() {
        await step('commit', [], readOnly ? 'none' : 'unknown');
        give();
      },
      async rollback() {
        if (over) return;
        try {
          await connection.call('rollback', [], deadline());
        } catch {
          // It does not answer any more: what it had not committed goes with it.
          connection.close();
        }
        give();
      },
    };
  }

  return {
    query,
    execute: (statement) => once('execute', [statement], outcomeOf(statement)),
    batch: (statements) => once('batch', [statements], outcomeOf(...statements)),
    async prepare(text) {
      await once('check', [text], 'none');
      // Every connection keeps the statements that it has prepared, by their text.
      return {
        query: (parameters) => query({ text, parameters }),
        execute: (parameters) => once('execute', [{ text, parameters }], outcomeOf({ text })),
        close: () => undefined,
      };
    },
    async begin({ readOnly = false } = {}) {
      const end = deadline();
      const leave = readOnly ? () => undefined : await writers.take(end);
      let connection: Connection | undefined;
      try {
        connection = await pool.take(end);
        const taken = connection;
        await asking('none', () => taken.call('begin', [readOnly], end));
        return transactionOn(taken, readOnly, leave);
      } catch (error) {
        if (connection !== undefined) pool.give(connection);
        leave();
        throw error;
      }
    },
  };
}

/** Of statements by themselves, outside of a transaction. */
function outcomeOf(...statements: readonly Pick<SqlStatement, 'text'>[]): Outcome {
  return statements.every(({ text }) => onlyReads(text)) ? 'none' : 'unknown';
}

/** Says what became of a statement whose process ended. */
async function asking<T>(outcome: Outcome, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof RunnerEnded)) throw error;
    const fate =
      outcome === 'none'
        ? 'Nothing was written'
        : 'It may or may not have been written: read before you repeat it';
    switch (error.reason) {
      case 'deadline':
        throw new CapabilityError('timeout', `the statement did not end in time, and was ended. ${fate}`, {
          outcome,
          cause: error,
        });
      case 'memory':
        throw new CapabilityError(
          'resource-exhausted',
          `the statement took too much memory, and was ended. ${fate}`,
          {
            outcome,
            cause: error,
          },
        );
      case 'gone':
        throw new CapabilityError('unavailable', `the process that ran the statement was killed. ${fate}`, {
          outcome,
          cause: error,
        });
    }
  }
}
