import { test } from 'node:test';
import { locksConformance } from '@spiderlightning/slight/conformance';
import type { Locks } from '@spiderlightning/slight/conformance';
import { CapabilityError } from '../../slight/src/capabilities/core/error.ts';
import { openData } from '../src/test/host.ts';
import type { TestHost } from '../src/test/host.ts';
import { memoryLocks } from '../src/test/memory-locks.ts';

/**
 * The locks of `testApp` promise what every backend promises, but for time, which stands still there. A guest renews and
 * releases what it has, so it names nothing then.
 */
const host: TestHost = {
  now: () => Date.now(),
  find: openData({}),
  failures: new Map(),
  lines: [],
  sent: [],
};
const not = /has expired|not renewed ends|renewal (keeps|may)|wait|take turns|name that cannot be/;
for (const { name, run } of locksConformance({ open, features: new Set() }))
  if (!not.test(name)) test(name, run);

function open(name: string): Locks {
  const locks = host.find(memoryLocks, name)!;
  const held = new Map<bigint, string>();
  let closed = false;
  const use = <T>(call: () => T): T => {
    if (closed) throw new CapabilityError('cancelled', 'closed');
    try {
      return call();
    } catch (error) {
      const { code, message } = (error as { payload: { code: 'internal'; message: string } }).payload;
      throw new CapabilityError(code, message);
    }
  };
  return {
    acquire: (lock, ttl, wait) =>
      use(() => {
        const token = locks.acquire(lock, ttl, wait);
        if (token === undefined) return undefined;
        held.set(token, lock);
        return { token, expires: locks.find(lock, token)! };
      }),
    renew: (lock, token, ttl) =>
      use(() => {
        locks.renew(lock, token, ttl);
        return { token, expires: locks.find(lock, token)! };
      }),
    release: (lock, token) => use(() => locks.release(lock, token)),
    ping: () => undefined,
    close() {
      closed = true;
      for (const [token, lock] of held) if (locks.find(lock, token) !== undefined) locks.release(lock, token);
    },
  };
}
