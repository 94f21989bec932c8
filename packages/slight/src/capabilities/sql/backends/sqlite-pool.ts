import { CapabilityError } from '../../core/error.ts';
import { launchRunner, type RunnerOrder } from '../launch.ts';
import { connectRunner, type Connection } from './sqlite-connection.ts';

/** The processes that run SQL on one database. They are started when they are needed and end after a while without work. */
export interface RunnerPool {
  /**
   * One for the caller alone, until it is given back.
   * @param end by `performance.now()`
   * @throws {CapabilityError} `resource-exhausted` where all are taken until then; `unavailable`, `timeout`
   */
  take(end: number): Promise<Connection>;
  /** Gives it back; one that is gone is forgotten. */
  give(connection: Connection): void;
  close(): void;
}

interface Waiting {
  readonly timer: NodeJS.Timeout;
  resolve(connection: Connection): void;
  reject(error: CapabilityError): void;
}

/** Milliseconds without work after which a process ends. */
const idleTime = 30_000;

/** @param most processes at a time */
export function createRunnerPool(order: RunnerOrder, most: number): RunnerPool {
  const all = new Set<Connection>();
  const idle: { readonly connection: Connection; readonly timer: NodeJS.Timeout }[] = [];
  const waiting = new Set<Waiting>(); // in order
  let starting = 0;
  let closed = false;

  /** Starts as many as are waited for. Whoever waits longest gets the first that is free, old or new. */
  function startMore(): void {
    while (!closed && starting < waiting.size && all.size + starting < most) {
      starting++;
      launchRunner(order).then(
        (socket) => {
          starting--;
          const connection = connectRunner(socket);
          all.add(connection);
          give(connection);
        },
        (cause: unknown) => {
          starting--;
          const message = `the process that runs SQL cannot be started: ${(cause as Error).message}`;
          next()?.reject(new CapabilityError('unavailable', message, { cause }));
        },
      );
    }
  }

  function next(): Waiting | undefined {
    const [first] = waiting;
    if (first === undefined) return undefined;
    waiting.delete(first);
    clearTimeout(first.timer);
    return first;
  }

  function tooLate(): CapabilityError {
    return all.size < most
      ? new CapabilityError('timeout', 'the process that runs SQL did not start in time. Nothing was written')
      : new CapabilityError(
          'resource-exhausted',
          `all ${most} connections to the database were in use: close rows that are not read to their end, keep transactions short, or give it more \`connections\``,
          { retryable: true },
        );
  }

  function drop(connection: Connection): void {
    connection.close();
    all.delete(connection);
  }

  function takeIdle(): Connection | undefined {
    for (let last = idle.pop(); last !== undefined; last = idle.pop()) {
      clearTimeout(last.timer);
      if (!last.connection.gone) return last.connection;
      all.delete(last.connection);
    }
    return undefined;
  }

  function rest(connection: Connection): void {
    const timer = setTimeout(() => {
      idle.splice(
        idle.findIndex((each) => each.connection === connection),
        1,
      );
      drop(connection);
    }, idleTime).unref();
    idle.push({ connection, timer });
  }

  function give(connection: Connection): void {
    if (closed || connection.gone) {
      drop(connection);
      return startMore();
    }
    const waited = next();
    if (waited === undefined) rest(connection);
    else waited.resolve(connection);
  }

  return {
    take(end) {
      const ready = takeIdle();
      if (ready !== undefined) return Promise.resolve(ready);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => {
            waiting.delete(entry);
            reject(tooLate());
          },
          Math.max(0, end - performance.now()),
        );
        const entry: Waiting = { timer, resolve, reject };
        waiting.add(entry);
        startMore();
      });
    },
    give,
    close() {
      closed = true;
      for (const { timer } of idle.splice(0)) clearTimeout(timer);
      for (const connection of all) drop(connection);
      for (let waited = next(); waited !== undefined; waited = next())
        waited.reject(new CapabilityError('cancelled', 'the database was closed'));
    },
  };
}
