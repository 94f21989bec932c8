import type { HostImports } from '@spiderlightning/component';
import { MOST_RANDOM_BYTES, readRandom, readRandomU64 } from '../system/random.ts';
import { VERSION } from './version.ts';

/**
 * wasi:random. What may be insecure is as good as the rest; the seed stays the same for one instance until it is
 * renewed.
 */
export function bindRandom(): { imports: HostImports; renew(): void } {
  let seed: [bigint, bigint] | undefined;
  const imports = {
    [`wasi:random/random@${VERSION}`]: {
      'get-random-bytes': (length: bigint) => readRandom(limit(length)),
      'get-random-u64': () => readRandomU64(),
    },
    [`wasi:random/insecure@${VERSION}`]: {
      'get-insecure-random-bytes': (length: bigint) => readRandom(limit(length)),
      'get-insecure-random-u64': () => readRandomU64(),
    },
    [`wasi:random/insecure-seed@${VERSION}`]: {
      'insecure-seed': () => (seed ??= [readRandomU64(), readRandomU64()]),
    },
  };
  return { imports, renew: () => void (seed = undefined) };
}

/** A length as a number, still too large where it was. */
function limit(length: bigint): number {
  return length > MOST_RANDOM_BYTES ? Number.MAX_SAFE_INTEGER : Number(length);
}
