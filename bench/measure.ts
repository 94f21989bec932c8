/** One way of doing the work that is measured. */
export interface Contestant {
  readonly name: string;
  /** Does the work `count` times. */
  run(count: number): unknown;
}

/** The figures of one contestant over all rounds; from `race`, nanoseconds for one piece of work. */
export interface Timing {
  readonly median: number;
  /** A quarter of the rounds were below the first and a quarter above the second. */
  readonly quartiles: readonly [number, number];
}

export interface RaceOptions {
  /** Default 41. */
  readonly rounds?: number;
  /** How long one contestant works in one round, in milliseconds. Default 12: long against the clock and a garbage collection. */
  readonly slice?: number;
  /** Fewest pieces of work in a slice. Default 1. */
  readonly least?: number;
}

/**
 * Times contestants against each other. In every round each of them works for one slice, one after the other, so that
 * what else the machine does at that time meets all of them. Nothing is subtracted and no round is left out.
 */
export async function race(
  contestants: readonly Contestant[],
  { rounds = 41, slice = 12, least = 1 }: RaceOptions = {},
): Promise<Timing[]> {
  const counts: number[] = [];
  for (const contestant of contestants) counts.push(await calibrate(contestant, slice, least));
  return await takeTurns(
    rounds,
    contestants.map((contestant, index) => async () => {
      const count = counts[index]!;
      return ((await time(contestant, count)) / count) * 1e6;
    }),
  );
}

/**
 * Takes one figure of each contestant in every round, one contestant after the other: for work that takes seconds or
 * runs in processes of its own.
 */
export async function takeTurns(
  rounds: number,
  contestants: readonly (() => Promise<number>)[],
): Promise<Timing[]> {
  const figures: number[][] = contestants.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, sample] of contestants.entries()) figures[index]!.push(await sample());
  }
  return figures.map(summarize);
}

function summarize(values: number[]): Timing {
  values.sort((one, other) => one - other);
  const at = (share: number) => values[Math.floor((values.length - 1) * share)]!;
  return { median: at(0.5), quartiles: [at(0.25), at(0.75)] };
}

/** How often a contestant does its work in a slice. Finding out warms it up, too. */
async function calibrate(contestant: Contestant, slice: number, least: number): Promise<number> {
  // The first time is no measure: code is compiled, memory touched.
  await contestant.run(64);
  for (let count = 64; ; count *= 2) {
    const taken = await time(contestant, count);
    if (taken >= slice * 4) return Math.max(least, Math.round((count * slice) / taken));
  }
}

/** Milliseconds. */
async function time(contestant: Contestant, count: number): Promise<number> {
  const start = performance.now();
  await contestant.run(count);
  return performance.now() - start;
}
