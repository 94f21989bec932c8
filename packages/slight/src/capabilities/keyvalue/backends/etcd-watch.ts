import { isUtf8 } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';
import { decode, encode, endOfPrefix } from '../../../clients/etcd.ts';
import type { EtcdClient } from '../../../clients/etcd.ts';
import { CapabilityError } from '../../core/error.ts';
import type { KeyValueWatch, WatchTarget } from '../contract.ts';
import { makeExpiries } from '../expiries.ts';
import { makePending, watchBy } from '../watch.ts';

/** Milliseconds until another try to watch, where the server is away. */
const pause = 200;

interface Row {
  readonly key: string;
  readonly mod_revision: string;
  readonly lease?: string;
}

/**
 * Watches keys by the server's own watches, from the revision on that was the last when it began; after the connection was
 * lost, from the last that was heard.
 *
 * @param endOf when what is bound to a lease ends
 */
export async function watchPrefix(
  client: EtcdClient,
  prefix: string,
  target: WatchTarget,
  endOf: (lease: string | undefined) => number | undefined,
): Promise<KeyValueWatch> {
  const pending = makePending();
  let wake: () => void = () => undefined;
  const expiries = makeExpiries((key) => {
    pending.add({ key, change: 'delete' });
    wake();
  });
  const range =
    'key' in target
      ? { key: encode(prefix + target.key) }
      : { key: encode(prefix + target.prefix), range_end: endOfPrefix(prefix + target.prefix) };
  const keyOf = (row: Row): string | undefined => {
    const bytes = decode(row.key);
    // A key that is no UTF-8 was written by another program, and no guest could ask for it.
    return isUtf8(bytes) ? bytes.toString().slice(prefix.length) : undefined;
  };
  // Of what is there already, only when it ends is news.
  const { header, kvs = [] } = await client.call('kv/range', { ...range, keys_only: true }, false);
  for (const row of kvs as Row[]) {
    const key = keyOf(row);
    if (key !== undefined) expiries.note(key, endOf(row.lease));
  }

  const ending = new AbortController();
  let next = BigInt(header.revision) + 1n;
  /** Of the server, as far as this watch was told. */
  let latest = next - 1n;

  interface Answer {
    /** Not in every answer has the server a revision to tell. */
    readonly header: { readonly revision?: string };
    readonly events?: { readonly type?: string; readonly kv: Row }[];
    readonly created?: boolean;
    readonly canceled?: boolean;
  }

  function hear({ header: now, events = [], created, canceled }: Answer): void {
    for (const { type, kv } of events) {
      next = BigInt(kv.mod_revision) + 1n;
      const key = keyOf(kv);
      if (key === undefined) continue;
      const deleted = type === 'DELETE';
      expiries.note(key, deleted ? undefined : endOf(kv.lease));
      pending.add(deleted ? { key, change: 'delete' } : { key, change: 'set', version: kv.mod_revision });
    }
    if (now.revision !== undefined) latest = BigInt(now.revision);
    // It was compacted away what this would have told of; or the server has lost what it had, and counts anew.
    if (canceled === true || (created === true && latest + 1n < next)) {
      next = latest + 1n;
      pending.lose();
      wake();
      // The server keeps the connection open; `follow` begins again.
      throw new CapabilityError('unavailable', 'the watch was ended by the server');
    }
    if (events.length > 0) wake();
  }

  async function follow(): Promise<void> {
    while (!ending.signal.aborted) {
      try {
        await client.watch({ ...range, start_revision: String(next) }, hear, ending.signal);
      } catch {
        // The server is away, or ended the watch: once more, from where it was.
        await sleep(pause, undefined, { ref: false });
      }
    }
  }
  void follow();

  return watchBy(
    () => pending.take(),
    (ring) => {
      wake = ring;
      return () => {
        ending.abort();
        expiries.close();
      };
    },
  );
}
