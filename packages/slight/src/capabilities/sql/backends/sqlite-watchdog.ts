/**
 * The thread that ends the process of SQL where a statement takes too long or too much memory: SQLite itself can be asked
 * for neither.
 */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { writeFrame, type Farewell } from './sqlite-frames.ts';

const state = new BigInt64Array(workerData as SharedArrayBuffer);
const never = new Int32Array(new SharedArrayBuffer(4));
const channel = 3;
/** Milliseconds between two looks. */
const pause = 20;
/** Looks in which nothing ran until it sleeps. */
const patience = 50;
/** Bytes of the whole process. */
const mostMemory = 512 * 1024 * 1024;

Atomics.store(state, 2, 1n);
Atomics.notify(state, 2);
for (let idle = 0; ;) {
  const deadline = Atomics.load(state, 0);
  if (deadline === 0n) {
    if (++idle > patience) {
      Atomics.store(state, 1, 1n);
      Atomics.wait(state, 0, 0n);
      Atomics.store(state, 1, 0n);
      idle = 0;
    }
  } else {
    idle = 0;
    if (process.hrtime.bigint() >= deadline) end('deadline');
    if (process.memoryUsage.rss() > mostMemory) end('memory');
  }
  Atomics.wait(never, 0, 0, pause);
}

function end(ended: Farewell['ended']): void {
  // Where it has come to an end just now, its answer is on the way.
  if (Atomics.load(state, 0) === 0n) return;
  try {
    writeSync(channel, writeFrame({ ended } satisfies Farewell));
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
}
