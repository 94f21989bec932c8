import { randomUUID } from 'node:crypto';
import type { LockStore } from './keyvalue-store.ts';

/** Who waits, first come first served, with the time until which it is believed to. */
type Line = (readonly [who: string, until: number])[];

/** Milliseconds between two signs of life of who waits. */
const sign = 1_000;
/** Milliseconds without one after which others pass who waits. */
const patience = 3_500;
/** Milliseconds after which a line that nobody stands in is gone. */
const lasting = 60_000;

/**
 * A place in the line of a lock. The line only makes it fair: clocks that differ let somebody pass, and whoever passes still
 * has to take the lock.
 */
export function standInLine(kv: LockStore, key: string) {
  const me = randomUUID();
  let seen = 0;

  async function change(next: (line: Line) => Line): Promise<void> {
    for (;;) {
      const found = await kv.getVersioned(key);
      const line = Buffer.from(JSON.stringify(next(read(found?.value))));
      if ((await kv.compareAndSwap(key, found?.version, line, { ttl: lasting })).swapped) return;
    }
  }

  return {
    /** Whether nobody stands before it. */
    async isFirst(): Promise<boolean> {
      const [first] = read((await kv.getVersioned(key))?.value);
      return first === undefined || first[0] === me;
    },
    /** Comes to the end of the line, or says that it is still there. */
    async stand(): Promise<void> {
      if (Date.now() - seen < sign) return;
      seen = Date.now();
      const mine = [me, seen + patience] as const;
      await change((line) =>
        line.some(([who]) => who === me)
          ? line.map((each) => (each[0] === me ? mine : each))
          : [...line, mine],
      );
    },
    async leave(): Promise<void> {
      if (seen > 0) await change((line) => line.filter(([who]) => who !== me));
    },
  };
}

function read(value: Uint8Array | undefined): Line {
  if (value === undefined) return [];
  const line = JSON.parse(Buffer.from(value).toString()) as Line;
  return line.filter(([, until]) => until > Date.now());
}
