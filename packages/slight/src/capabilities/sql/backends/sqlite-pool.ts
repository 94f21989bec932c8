import { CapabilityError } from '../../core/error.ts';
import { launchRunner, type RunnerOrder } from '../launch.ts';
import { connectRunner, type Connection } from './sqlite-connection.ts';

/** The processes that run SQL on one database. They are started when they are needed and end after a while without work. */
export interface RunnerPool {
  /**
   * One for the caller alone, until it is given back.
   * @param end by `performance.now()`
   * @throws {CapabilityError} `resource-exhausted` where all are taken until then; `unavailable`
   */
  take(end: number): Promise<Connection>;
  /** Gives it back; one that is gone is forgotten. */
  give(connection: Connection): void;
  close(): void;
}

interface Waiting {
  readonly timer: NodeJS.Timeout;
  resolve(connection: Promise<Connection>): void;
  reject(error: CapabilityError): void;
}

/** Milliseconds without work after which a process ends. */
const idleTime = 30_000;

/** @param most processes at a time */
export function createRunnerPool(order: RunnerOrder, most: number): RunnerPool {
  const all = new Set<Connection>();
  const idle: { readonly connection: Connection; readonly timer: NodeJS.Timeout }[] = [];
  const waiting: Waiting[] = [];
  let starting = 0;
  let closed = false;

  async function start(): Promise<Connection> {
    starting++;
    try {
      const connection = connectRunner(await launchRunner(order));
      all.add(connection);
      if (closed) connection.close();
      return connection;
    } catch (error) {
      throw new CapabilityError('unavailable', 'the process that runs SQL cannot be started', {
        cause: error,
      });
    } finally {
      starting--;
    }
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

  return {
    take(end) {
      const ready = takeIdle();
      if (ready !== undefined) return Promise.resolve(ready);
      if (all.size + starting < most) return start();
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => {
            waiting.splice(waiting.indexOf(entry), 1);
            reject(
              new CapabilityError(
                'resource-exhausted',
                `all ${most} connections to the database were in use: close rows that are not read to their end, keep transactions short, or give it more \`connections\``,
                { retryable: true },
              ),
            );
          },
          Math.max(0, end - performance.now()),
        );
        const entry: Waiting = { timer, resolve, reject };
        waiting.push(entry);
      });
    },
    give(connection) {
      if (connection.gone) all.delete(connection);
      const next = closed ? undefined : waiting.shift();
      if (next !== undefined) {
        clearTimeout(next.timer);
        next.resolve(connection.gone ? start() : Promise.resolve(connection));
        return;
      }
      if (connection.gone) return;
      if (closed) return drop(connection);
      const timer = setTimeout(() => {
        idle.splice(
          idle.findIndex((each) => each.connection === connection),
          1,
        );
        drop(connection);
      }, idleTime).unref();
      idle.push({ connection, timer });
    },
    close() {
      closed = true;
      for (const { timer } of idle.splice(0)) clearTimeout(timer);
      for (const connection of all) drop(connection);
      for (const { timer, reject } of waiting.splice(0)) {
        clearTimeout(timer);
        reject(new CapabilityError('cancelled', 'the database was closed'));
      }
    },
  };
}
