import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Subject } from './subjects.ts';
import { PATIENCE } from './try-mutant.ts';
import type { Summary, Task } from './worker.ts';

/** MiB of heap: the largest subject has less than 2 MB. */
const HEAP = 512;

/**
 * Tries mutants in a thread of their own.
 * @throws {Error} where one hung it or filled its heap, with the seed
 */
export async function tryMutants(
  subjects: readonly Subject[],
  from: number,
  count: number,
  time: number,
): Promise<Summary> {
  const seed = new Uint32Array(new SharedArrayBuffer(4));
  const workerData: Task = { subjects, from, count, time, seed };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: HEAP },
  });
  let last = -1;
  let stuck: (error: Error) => void;
  const hung = new Promise<never>((_, reject) => (stuck = reject));
  const watch = setInterval(() => {
    const now = Atomics.load(seed, 0);
    if (now === last) stuck(new Error(`mutant ${now} takes more than ${PATIENCE} ms`));
    last = now;
  }, PATIENCE);
  try {
    const [summary] = await Promise.race([once(worker, 'message'), hung]);
    return summary as Summary;
  } catch (cause) {
    throw new Error(`mutant ${Atomics.load(seed, 0)} ended the thread: ${String(cause)}`, { cause });
  } finally {
    clearInterval(watch);
    await worker.terminate();
  }
}
