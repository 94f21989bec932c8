/** One holding of a lock, as its holder wrote it down. Times in milliseconds by one clock. */
export interface Holding {
  readonly name: string;
  readonly token: bigint;
  /** When it had the grant. */
  readonly from: number;
  /** When it asked for the release, or until when it believed to have it; where it died, the last time that it was seen. */
  readonly until: number;
}

/**
 * What in a history of holdings no locks may do: two that hold one at the same time, or a token that is not above all that
 * were granted before. Nothing: the history is sound.
 */
export function findViolations(history: readonly Holding[]): string[] {
  const violations: string[] = [];
  for (const [name, holdings] of Map.groupBy(history, (each) => each.name)) {
    const inOrder = holdings.toSorted((a, b) => a.from - b.from || Number(a.token - b.token));
    let last: Holding | undefined;
    let latest: Holding | undefined;
    for (const next of inOrder) {
      if (last !== undefined && next.token <= last.token)
        violations.push(`${name}: token ${next.token} was granted after ${last.token}`);
      if (latest !== undefined && next.from < latest.until)
        violations.push(
          `${name}: token ${next.token} was granted ${latest.until - next.from} ms before ${latest.token} was let go`,
        );
      last = next;
      if (latest === undefined || next.until > latest.until) latest = next;
    }
  }
  return violations;
}
