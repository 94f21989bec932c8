/**
 * The process that runs SQL on one database file, one statement at a time. It waits where it must, and a statement that
 * does not end is ended with the whole process: no thread can be stopped inside SQLite. Its socket is file 3; it ends with
 * that. Arguments: the database's path, milliseconds that a statement waits for others who write.
 */
import { readSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { CapabilityError } from '../../core/error.ts';
import { openEngine, type Engine } from './sqlite-engine.ts';
import { head, readFrame, writeFrame, type Call, type Reply } from './sqlite-frames.ts';
import { awaitWatchdog, markRunning, watchState } from './sqlite-state.ts';

const channel = 3;
/** Least milliseconds that are left of an operation when it gives up waiting for others. */
const margin = 200;

// Ctrl-C reaches the whole process group; the host says what follows from it, by closing the socket.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.on(signal, () => undefined);
const watchdog = new Worker(new URL('./sqlite-watchdog.ts', import.meta.url), {
  workerData: watchState.buffer,
});
watchdog.unref();

let engine: Engine | undefined;

for (;;) {
  const call = readCall();
  if (call === undefined) break;
  markRunning(call.within);
  const reply = run(call);
  markRunning(undefined);
  write(writeFrame(reply));
}
// Threads would keep the process; what is not committed is rolled back by whoever opens the file next.
process.exit(0);

function open(): Engine {
  const opened = openEngine(process.argv[2]!, Number(process.argv[3]));
  // Nothing runs unwatched.
  if (!awaitWatchdog()) throw new CapabilityError('unavailable', 'the watchdog of SQL did not start');
  return opened;
}

function run({ method, args, within }: Call): Reply {
  const end = performance.now() + within;
  try {
    engine ??= open();
    // Whoever waits in vain says so while there is time.
    const left = end - performance.now();
    engine.wait(left - Math.max(margin, left * 0.1));
    const call = engine[method] as (...args: readonly unknown[]) => unknown;
    return { value: call(...args) };
  } catch (error) {
    const known =
      error instanceof CapabilityError
        ? error
        : new CapabilityError('internal', String(error), { cause: error });
    const { code, message, retryable, outcome, detail } = known;
    return { failure: { code, message, retryable, outcome, detail } };
  }
}

function readCall(): Call | undefined {
  const length = read(head)?.readUInt32LE(0);
  const body = length === undefined ? undefined : read(length);
  return body && (readFrame(body) as Call);
}

/** Undefined where the host is gone. */
function read(size: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(size);
  for (let have = 0; have < size;) {
    const got = attempt(() => readSync(channel, bytes, have, size - have, null));
    if (got === 0) return undefined;
    have += got;
  }
  return bytes;
}

function write(bytes: Buffer): void {
  for (let sent = 0; sent < bytes.byteLength;) {
    sent += attempt(() => writeSync(channel, bytes, sent)) || process.exit(0);
  }
}

/** 0 where the other end is gone. */
function attempt(work: () => number): number {
  try {
    return work();
  } catch {
    return 0;
  }
}
