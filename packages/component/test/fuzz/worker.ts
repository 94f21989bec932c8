/** Tries mutants one after the other in a thread that may be ended: a mutant may hang it, or fill its heap. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Subject } from './subjects.ts';
import { type Fate, makeMutant, tryMutant } from './try-mutant.ts';

export interface Task {
  readonly subjects: readonly Subject[];
  /** The first seed; the others follow it. */
  readonly from: number;
  readonly count: number;
  /** Milliseconds after which no other mutant is begun. */
  readonly time: number;
  /** Shared: where the seed under way is to be read. */
  readonly seed: Uint32Array;
}

export interface Finding {
  readonly seed: number;
  readonly subject: string;
  readonly problem: string;
}

export interface Summary {
  readonly tried: number;
  readonly fates: Readonly<Record<Fate, number>>;
  readonly findings: readonly Finding[];
  /** Of the slowest mutant, in milliseconds. */
  readonly slowest: { readonly seed: number; readonly time: number };
}

if (parentPort !== null) parentPort.postMessage(await work(workerData as Task), []);

async function work({ subjects, from, count, time, seed: current }: Task): Promise<Summary> {
  const fates: Record<Fate, number> = { refused: 0, 'not linked': 0, trapped: 0, ran: 0 };
  const findings: Finding[] = [];
  let slowest = { seed: from, time: 0 };
  const end = performance.now() + time;
  let tried = 0;
  for (; tried < count && performance.now() < end; tried++) {
    const seed = from + tried;
    Atomics.store(current, 0, seed);
    const { name, bytes } = makeMutant(seed, subjects);
    const start = performance.now();
    try {
      fates[await tryMutant(bytes)]++;
    } catch (error) {
      const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
      findings.push({ seed, subject: name, problem });
    }
    const taken = performance.now() - start;
    if (taken > slowest.time) slowest = { seed, time: taken };
  }
  return { tried, fates, findings, slowest };
}
