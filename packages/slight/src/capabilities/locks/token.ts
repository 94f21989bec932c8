/**
 * Makes tokens in this process: each above all that it made before and above `last`, the one that is stored where there is one.
 * They begin at the time in microseconds, so that they grow also where what was stored, or this process, is gone.
 */
export function makeTokens(): (last?: bigint) => bigint {
  let made = 0n;
  return (last = 0n) => {
    const before = made > last ? made : last;
    const time = BigInt(Date.now()) * 1_000n;
    return (made = before >= time ? before + 1n : time);
  };
}
