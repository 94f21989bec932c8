import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineBackend, type OpenContext } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import type { Grant, Locks, LocksFeature } from '../contract.ts';
import { makeTokens } from '../token.ts';
import { givenUp, notHeld } from '../validate.ts';
import { standInLine } from './keyvalue-line.ts';
import type { LockStore } from './keyvalue-store.ts';

/** Keeps locks in a key-value store of the same slightfile, wherever that lives: whom they exclude is whoever shares it. */
export const keyvalue = defineBackend<Locks, LocksFeature>({
  scheme: 'keyvalue',
  capability: 'locks',
  doc: 'Locks in a store of [keyvalue] that has `compare-and-swap` and `ttl`, beside its values: { bind = "keyvalue", store = "orders" }.',
  features: new Set(),
  config: {
    store: {
      type: 'string',
      doc: 'the name of [keyvalue] whose server keeps the locks',
      required: true,
      example: '"orders"',
    },
  },
  open: openKeyValue,
});

/** Milliseconds between two looks of who waits, on average. */
const pause = 60;
/** Milliseconds for which it can be read that a lock was released. */
const farewell = 1_000;
/** A grant that changes while it is renewed is looked at again; only its holder changes it. */
const mostTries = 10;
/** The value of a lease that was released: there is no way to delete one only where it is still the same. */
const free = '';

const nextToken = makeTokens();
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

async function openKeyValue({ name: place, config, openOther }: OpenContext): Promise<Locks> {
  // With a control character, which no name of a slightfile has: no app reaches what is under it.
  const store = await openOther!('keyvalue', config.store as string, `locks\t${place}`);
  const kv = store as LockStore;
  try {
    // It shows whether the store can do what is needed before anybody relies on it.
    await kv.compareAndSwap('check', 'none', Buffer.from(''), { ttl: farewell });
  } catch (error) {
    await kv.close();
    throw error;
  }

  /** Takes it where it is free; it is nobody's until it has its token. */
  async function take(name: string, ttl: number): Promise<Grant | undefined> {
    const lease = keyOf('lease', name);
    const found = await kv.getVersioned(lease);
    if (found !== undefined && text(found.value) !== free) return undefined;
    const mine = await kv.compareAndSwap(lease, found?.version, Buffer.from(randomUUID()), { ttl });
    if (!mine.swapped) return undefined;
    // Only now: a token that was drawn before could be older than that of somebody who came in between.
    const token = await drawToken(keyOf('token', name));
    const expires = Date.now() + ttl;
    const granted = await kv.compareAndSwap(lease, mine.version, Buffer.from(String(token)), { ttl });
    return granted.swapped ? { token, expires } : undefined;
  }

  /** The last token stays for ever. */
  async function drawToken(key: string): Promise<bigint> {
    for (;;) {
      const last = await kv.getVersioned(key);
      const token = nextToken(last && BigInt(text(last.value)));
      const { swapped } = await kv.compareAndSwap(key, last?.version, Buffer.from(String(token)));
      if (swapped) return token;
    }
  }

  async function replace(name: string, token: bigint, value: string, ttl: number): Promise<void> {
    const lease = keyOf('lease', name);
    for (let tries = 0; tries < mostTries; tries++) {
      const found = await kv.getVersioned(lease);
      if (found === undefined || text(found.value) !== String(token)) throw notHeld(name);
      if ((await kv.compareAndSwap(lease, found.version, Buffer.from(value), { ttl })).swapped) return;
    }
    throw new CapabilityError('unavailable', 'the lease was changed again and again');
  }

  return {
    async acquire(name, ttl, wait, signal) {
      const line = standInLine(kv, keyOf('line', name));
      try {
        for (const end = performance.now() + wait; ; await sleep(pause * (0.5 + Math.random()))) {
          if (signal?.aborted) throw givenUp();
          if (await line.isFirst()) {
            const grant = await take(name, ttl);
            if (grant !== undefined) return grant;
          }
          if (performance.now() >= end) return undefined;
          await line.stand();
        }
      } finally {
        // What cannot be taken back ends by itself, and a grant must not be lost over it.
        await line.leave().catch(() => undefined);
      }
    },
    async renew(name, token, ttl) {
      const expires = Date.now() + ttl;
      await replace(name, token, String(token), ttl);
      return { token, expires };
    },
    release: (name, token) => replace(name, token, free, farewell),
    ping: () => kv.ping(),
    close: () => kv.close(),
  };
}

/** Names are as long as keys may be. */
function keyOf(kind: string, name: string): string {
  const key = `${kind}/=${name}`;
  return Buffer.byteLength(key) <= 1_024
    ? key
    : `${kind}/#${createHash('sha256').update(name).digest('hex')}`;
}
