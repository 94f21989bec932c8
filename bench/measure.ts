/** One way of doing the work that is measured. */
export interface Contestant {
  readonly name: string;
  /** Does the work `count` times. */
  run(count: number): unknown;
}

/** What one contestant took for one piece of work, in nanoseconds, over all rounds. */
export interface Timing {
  readonly median: number;
  /** A quarter of the rounds were below the first and a quarter above the second. */
  readonly quartiles: readonly [number, number];
}

const ROUNDS = 41;

/** How long one contestant works in one round, in milliseconds: long against the clock and a garbage collection. */
const SLICE = 12;

/**
 * Times contestants against each other. In every round each of them works for one slice, one after the other, so that
 * what else the machine does at that time meets all of them. Nothing is subtracted and no round is left out.
 */
export async function race(contestants: readonly Contestant[]): Promise<Timing[]> {
  const counts: number[] = [];
  for (const contestant of contestants) counts.push(await calibrate(contestant));
  const rounds: number[][] = contestants.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, contestant] of contestants.entries()) {
      const count = counts[index]!;
      rounds[index]!.push(((await time(contestant, count)) / count) * 1e6);
    }
  }
  return rounds.map((values) => {
    values.sort((one, other) => one - other);
    const at = (share: number) => values[Math.floor((values.length - 1) * share)]!;
    return { median: at(0.5), quartiles: [at(0.25), at(0.75)] };
  });
}

/** How often a contestant does its work in a slice. Finding out warms it up, too. */
async function calibrate(contestant: Contestant): Promise<number> {
  for (let count = 64; ; count *= 2) {
    const taken = await time(contestant, count);
    if (taken >= SLICE * 4) return Math.max(1, Math.round((count * SLICE) / taken));
  }
}

/** Milliseconds. */
async function time(contestant: Contestant, count: number): Promise<number> {
  const start = performance.now();
  await contestant.run(count);
  return performance.now() - start;
}
