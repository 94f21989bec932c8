/**
 * Makes tokens for locks that are kept in this process: each above all before it, and above those of earlier processes,
 * since they begin at the time in microseconds.
 */
export function makeTokens(): () => bigint {
  let last = 0n;
  return () => (last = nextToken(last));
}

/** The token after `last`: by one, or up to the time of now, so that it grows also where `last` was forgotten. */
export function nextToken(last: bigint): bigint {
  const time = BigInt(Date.now()) * 1_000n;
  return last >= time ? last + 1n : time;
}
