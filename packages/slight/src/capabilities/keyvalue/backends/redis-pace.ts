import type { Asked } from '../../../clients/gather.ts';
import { CapabilityError } from '../../core/error.ts';

type Found = Buffer | undefined;
type Reads = readonly Asked<string, Found>[];

/**
 * Bytes of values that are to be on their way at once: while a server writes an answer it does nothing else, and it takes
 * commands that have come together for one.
 */
const mostBytes = 1024 * 1024;
/** Bytes of a value up to which 32 are let go together without counting. */
const small = mostBytes / 32;
/** Values that are asked for at once where nothing is known of any. */
const first = 8;
/** Weight of the values before: the mean follows some 16 of them. */
const inertia = 15 / 16;

/** Lets reads go as long as the values before were small, and few at a time where they were large. */
export interface Pace {
  go(asked: Reads): void;
  /** What a read has found. */
  note(value: Found): void;
  /** How many values may be asked for in one command, by those before. */
  readonly fitting: number;
}

/**
 * @param readAll fulfils, or rejects, each of them before it ends; it never throws
 * @param patience milliseconds after which nobody waits for a read any more. A server that is slower than reads come would only be
 * asked for such ones in the end
 */
export function makePace(readAll: (asked: Reads) => Promise<unknown>, patience: number): Pace {
  /** Bytes of a value, by those that were read before. */
  let mean = 0;
  let known = false;
  let underWay = 0;
  /** The first is the one that has waited for longest. */
  const waiting: { readonly read: Asked<string, Found>; readonly until: number }[] = [];

  async function goCounted(asked: Reads): Promise<void> {
    // A whole number: of fractions that are added and taken away something would be left, and those that wait stay for ever.
    const bytes = Math.ceil(mean) * asked.length;
    underWay += bytes;
    await readAll(asked);
    underWay -= bytes;
    goOn();
  }

  function dropLate(): void {
    const now = performance.now();
    const kept = waiting.findIndex(({ until }) => until > now);
    for (const { read } of waiting.splice(0, kept === -1 ? waiting.length : kept))
      read.reject(new CapabilityError('timeout', 'no answer within the deadline'));
  }

  function goOn(): void {
    dropLate();
    while (waiting.length > 0 && underWay + mean <= Math.max(mostBytes, mean)) {
      const count = Math.max(1, Math.floor((mostBytes - underWay) / Math.max(mean, small)));
      void goCounted(waiting.splice(0, count).map(({ read }) => read));
    }
  }

  return {
    go(asked) {
      if (mean <= small && waiting.length === 0) return void readAll(asked);
      const until = performance.now() + patience;
      for (const read of asked) waiting.push({ read, until });
      goOn();
    },
    get fitting() {
      return known ? Math.max(1, Math.floor(mostBytes / Math.max(mean, 1))) : first;
    },
    note(value) {
      known = true;
      mean = mean * inertia + (value?.length ?? 0) * (1 - inertia);
    },
  };
}
