import { setTimeout as sleep } from 'node:timers/promises';
import { decode, encode, endOfPrefix, openEtcd } from '../../../clients/etcd.ts';
import type { EtcdClient } from '../../../clients/etcd.ts';
import { defineBackend } from '../../core/backend.ts';
import type { OpenContext } from '../../core/backend.ts';
import { CapabilityError, failAfterWrite } from '../../core/error.ts';
import type { Grant, Locks, LocksFeature } from '../contract.ts';
import { sweepOldest } from '../sweep.ts';
import { givenUp, notHeld } from '../validate.ts';

/**
 * Locks on an etcd. Whoever wants a lock writes a key below its name, bound to a lease; the key that was made first has the
 * lock, and the revision that made it is the token. The lease ends by the server's clock, in whole seconds of at least two.
 */
export const etcd = defineBackend<Locks, LocksFeature>({
  scheme: 'etcd',
  capability: 'locks',
  doc: 'Locks on an etcd: etcd://user:password@host:port, etcds:// for TLS. A ttl is rounded up to whole seconds, at least two. A user needs a role that may read and write what begins with `/locks/NAME:`.',
  features: new Set(['durable-server', 'shared']),
  config: {},
  open: openLocks,
});

/** A key that stands in line, or has the lock. */
interface Place {
  readonly key: string;
  readonly lease: string;
  /** Of the lease, as the server gave it; milliseconds. */
  readonly ttl: number;
  /** The revision that made the key. */
  readonly token: bigint;
}

async function openLocks({ name: store, url, timeout }: OpenContext): Promise<Locks> {
  const client = await openEtcd(url, timeout);
  /** What this process holds, by token. */
  const places = new Map<bigint, Place & { readonly expires: number }>();

  function remember(place: Place, since: number): Grant {
    const expires = since + place.ttl;
    places.set(place.token, { ...place, expires });
    return { token: place.token, expires };
  }
  // The user may have a right to what is below it alone.
  const root = `/locks/${encodeURIComponent(store)}:`;
  const folder = (name: string): string => `${root}${encodeURIComponent(name)}/`;

  async function acquire(
    name: string,
    ttl: number,
    wait: number,
    signal?: AbortSignal,
  ): Promise<Grant | undefined> {
    const end = performance.now() + wait;
    const prefix = folder(name);
    const asked = Date.now();
    const { id, ttl: granted } = await grantLease(client, ttl);
    let since = asked;
    let place: Place | undefined;
    try {
      place = await takePlace(client, prefix, id, granted, wait > 0);
      if (place === undefined) {
        void revoke(client, id);
        return undefined;
      }
      for (let renewed = Date.now(); ;) {
        const before = await findBefore(client, prefix, place);
        if (before === undefined) break;
        const left = end - performance.now();
        if (signal?.aborted) throw givenUp();
        if (left <= 0) {
          await revoke(client, id);
          return undefined;
        }
        const pause = Math.min(left, renewed + place.ttl / 3 - Date.now());
        await waitForEnd(client, before, pause, signal);
        if (Date.now() >= renewed + place.ttl / 3) {
          renewed = Date.now();
          if (!(await keepAlive(client, id))) throw new CapabilityError('unavailable', lateInLine);
        }
      }
      // Its time begins now: it may have stood in line for longer.
      if (wait > 0) {
        since = Date.now();
        if (!(await keepAlive(client, id))) throw new CapabilityError('unavailable', lateInLine);
      }
    } catch (error) {
      void revoke(client, id);
      // The key may stay until its lease is over, and be the first.
      throw place === undefined ? error : failAfterWrite(error);
    }
    const grant = remember(place, since);
    // Nobody lets go of a lock that was lost.
    sweepOldest(places, ({ expires }) => expires <= Date.now());
    return grant;
  }

  async function findPlace(name: string, token: bigint): Promise<Place> {
    const prefix = folder(name);
    const known = places.get(token);
    if (known !== undefined && known.key.startsWith(prefix)) return known;
    const range = { key: encode(prefix), range_end: endOfPrefix(prefix), keys_only: true };
    const only = { min_create_revision: String(token), max_create_revision: String(token) };
    const { kvs = [] } = await client.call('kv/range', { ...range, ...only }, false);
    const [found] = kvs as { key: string; lease: string }[];
    if (found === undefined) throw notHeld(name);
    // What its lease was granted with is not known here: a renewal gives it another.
    return { key: decode(found.key).toString(), lease: found.lease, ttl: 0, token };
  }

  return {
    acquire,
    async renew(name, token, ttl) {
      const place = await findPlace(name, token);
      const since = Date.now();
      const same = seconds(ttl) * 1_000 <= place.ttl && place.ttl <= Math.max(seconds(ttl) * 1_000, leastTtl);
      if (same) {
        if (await keepAlive(client, place.lease)) return remember(place, since);
      } else {
        const moved = await moveToLease(client, place, ttl);
        if (moved !== undefined) return remember(moved, since);
      }
      places.delete(token);
      throw notHeld(name);
    },
    async release(name, token) {
      const { key, lease } = await findPlace(name, token);
      const { succeeded } = await client.call(
        'kv/txn',
        { compare: [isMadeBy(key, token)], success: [{ request_delete_range: { key: encode(key) } }] },
        true,
      );
      places.delete(token);
      void revoke(client, lease);
      if (succeeded !== true) throw notHeld(name);
    },
    async ping() {
      await client.call('kv/range', { key: encode(root), keys_only: true }, false);
    },
    close: () => client.release(),
  };
}

const lateInLine = 'the server was away for so long that the place in line was lost';

/** The shortest lease that a server with the usual settings gives; milliseconds. */
const leastTtl = 2_000;

function seconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1_000);
}

async function grantLease(client: EtcdClient, ttl: number): Promise<{ id: string; ttl: number }> {
  // To ask for another lease does no harm: one that nobody knows of ends by itself.
  const { ID, TTL } = await client.call('lease/grant', { TTL: String(seconds(ttl)) }, false);
  return { id: ID as string, ttl: Number(TTL) * 1_000 };
}

/** @returns whether the lease was still there */
async function keepAlive(client: EtcdClient, lease: string): Promise<boolean> {
  const { result } = await client.call('lease/keepalive', { ID: lease }, false);
  return Number(result.TTL ?? 0) > 0;
}

/** Lets a lease end, and its key with it. Where that fails it ends by itself. */
async function revoke(client: EtcdClient, lease: string): Promise<void> {
  await client.call('lease/revoke', { ID: lease }, true).catch(() => undefined);
}

/** Writes the key. @param inLine behind others; otherwise only where there are none */
async function takePlace(
  client: EtcdClient,
  prefix: string,
  lease: string,
  ttl: number,
  inLine: boolean,
): Promise<Place | undefined> {
  const key = prefix + lease;
  const range = { key: encode(prefix), range_end: endOfPrefix(prefix) };
  const nobody = { ...range, target: 'CREATE', result: 'EQUAL', create_revision: '0' };
  const { succeeded, header } = await client.call(
    'kv/txn',
    { compare: inLine ? [] : [nobody], success: [{ request_put: { key: encode(key), lease } }] },
    true,
  );
  return succeeded === true ? { key, lease, ttl, token: BigInt(header.revision) } : undefined;
}

/**
 * The key right before this one in line; undefined: this one is the first.
 * @throws {CapabilityError} `unavailable` where this one is gone
 */
async function findBefore(
  client: EtcdClient,
  prefix: string,
  { key, token }: Place,
): Promise<string | undefined> {
  const { kvs = [] } = await client.call(
    'kv/range',
    {
      key: encode(prefix),
      range_end: endOfPrefix(prefix),
      max_create_revision: String(token),
      sort_order: 'DESCEND',
      sort_target: 'CREATE',
      limit: '2',
      keys_only: true,
    },
    false,
  );
  const [own, before] = kvs as { key: string }[];
  if (own?.key !== encode(key)) throw new CapabilityError('unavailable', lateInLine);
  return before?.key;
}

/** Until a key is gone, a time is over, or the wait is given up. */
async function waitForEnd(
  client: EtcdClient,
  key: string,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const end = new AbortController();
  const signals = [end.signal, AbortSignal.timeout(Math.max(1, Math.ceil(milliseconds)))];
  const over = AbortSignal.any(signal === undefined ? signals : [...signals, signal]);
  try {
    await client.watch(
      { key, filters: ['NOPUT'] },
      ({ created, events = [] }) => {
        if (created !== true) return void (events.length > 0 && end.abort());
        // It may have gone before the server began to watch.
        void client.call('kv/range', { key, count_only: true }, false).then(
          ({ count }) => count === undefined && end.abort(),
          () => end.abort(),
        );
      },
      over,
    );
  } catch (error) {
    if (!(error instanceof CapabilityError) || error.code !== 'unavailable') throw error;
    // The server is away. Who stands in line stays there as long as the lease does.
    await sleep(200, undefined, { signal: over }).catch(() => undefined);
  }
}

function isMadeBy(key: string, token: bigint) {
  return { key: encode(key), target: 'CREATE', result: 'EQUAL', create_revision: String(token) };
}

/** A lease has the ttl that it was granted with, so for another one the key moves to another lease. */
async function moveToLease(client: EtcdClient, place: Place, ttl: number): Promise<Place | undefined> {
  const { key, lease: old, token } = place;
  const { id, ttl: granted } = await grantLease(client, ttl);
  const { succeeded } = await client.call(
    'kv/txn',
    { compare: [isMadeBy(key, token)], success: [{ request_put: { key: encode(key), lease: id } }] },
    true,
  );
  void revoke(client, succeeded === true ? old : id);
  return succeeded === true ? { ...place, lease: id, ttl: granted } : undefined;
}
