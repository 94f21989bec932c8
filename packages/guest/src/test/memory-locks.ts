import type { TestKind } from './host.ts';
import { witError } from './wit-error.ts';

interface Held {
  readonly token: bigint;
  readonly expires: number;
}

const mostName = 1_024;
const leastTtl = 100;
const mostTtl = 24 * 60 * 60 * 1_000;

/**
 * The locks of one name. The host would renew what is held, so time alone takes no lock from the app; a test does, with
 * `lose`.
 */
export class MemoryLocks {
  readonly #held = new Map<string, Held>();
  readonly #now: () => number;
  #last: bigint;

  /** `now`: milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
    this.#last = BigInt(now()) * 1_000n;
  }

  /** Nobody lets go while the app waits, so it does not wait. */
  acquire(name: string, ttlMs: number, waitMs: number): bigint | undefined {
    const bytes = Buffer.byteLength(name);
    if (bytes < 1 || bytes > mostName || !name.isWellFormed())
      throw witError('invalid-argument', `the name of a lock has 1 to 1,024 bytes of UTF-8, not ${bytes}`);
    if (!(ttlMs >= leastTtl && ttlMs <= mostTtl))
      throw witError('invalid-argument', `a ttl of ${ttlMs} ms. It is 100 ms to 24 hours`);
    if (!(waitMs >= 0)) throw witError('invalid-argument', `a wait of ${waitMs} ms. It is 0 or above`);
    if (this.#held.has(name)) return undefined;
    const token = ++this.#last;
    this.#held.set(name, { token, expires: this.#now() + ttlMs });
    return token;
  }

  /** When it would end if nobody renewed it; undefined where the token does not hold it. */
  find(name: string, token: bigint): number | undefined {
    const held = this.#held.get(name);
    return held?.token === token ? held.expires : undefined;
  }

  renew(name: string, token: bigint, ttlMs: number): void {
    if (this.find(name, token) === undefined) throw notHeld(name);
    this.#held.set(name, { token, expires: this.#now() + ttlMs });
  }

  release(name: string, token: bigint): void {
    if (this.find(name, token) === undefined) throw notHeld(name);
    this.#held.delete(name);
  }

  lose(): void {
    this.#held.clear();
  }
}

/** The locks of an app under test. */
export const memoryLocks: TestKind<MemoryLocks> = {
  noun: 'locks',
  option: 'locks',
  make: (host) => new MemoryLocks(host.now),
};

function notHeld(name: string): Error {
  return witError(
    'precondition-failed',
    `the lock ${JSON.stringify(name)} is not held: it was lost or released`,
  );
}
