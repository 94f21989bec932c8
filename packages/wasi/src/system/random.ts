/** Most bytes that one call may ask for: they have to lie in the host's memory before the guest takes them. */
export const MOST_RANDOM_BYTES = 16 * 1024 * 1024;

/** What one call of getRandomValues may fill. */
const PART = 65_536;

/**
 * Bytes that nobody can guess.
 * @throws {RangeError} above `MOST_RANDOM_BYTES`
 */
export function readRandom(length: number): Uint8Array {
  if (length > MOST_RANDOM_BYTES) {
    throw new RangeError(`random: ${length} bytes in one call; ask for at most ${MOST_RANDOM_BYTES}`);
  }
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += PART) crypto.getRandomValues(bytes.subarray(at, at + PART));
  return bytes;
}

/** 64 bits that nobody can guess. */
export function readRandomU64(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0]!;
}
