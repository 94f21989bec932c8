import type { Holding } from '../../src/capabilities/locks/history.ts';

/** What a process that holds locks says of one of them. Times in milliseconds since 1970. */
export interface HolderLine {
  readonly event: 'held' | 'wrote' | 'refused' | 'released' | 'lost' | 'woke';
  readonly token: string;
  readonly at: number;
  readonly expires: number;
  /** Before it was released. */
  readonly before?: number;
  /** How many writes will follow. */
  readonly left?: number;
  readonly [more: string]: unknown;
}

/** What one process held, as far as it can be sure of it. */
export function findHoldings(lines: readonly HolderLine[]): Holding[] {
  return [...Map.groupBy(lines, (line) => line.token)].map(([token, mine]) => {
    const sure = mine.filter(({ event, at, expires }) => at < expires && event !== 'released');
    const released = mine.find(({ event }) => event === 'released');
    const from = mine[0]!.at;
    const until = released?.before ?? sure.findLast(({ event }) => event !== 'lost')?.at ?? from;
    return { name: 'job', token: BigInt(token), from, until };
  });
}
