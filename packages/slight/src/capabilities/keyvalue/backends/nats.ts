import type { StoredMsg } from '@nats-io/jetstream';
import type { MsgHdrs } from '@nats-io/transport-node';
import {
  isApiError,
  natsPackages,
  natsSettings,
  openNats,
  wrongLastSequence,
} from '../../../clients/nats.ts';

import { readReplicas, replicasSetting } from '../../../clients/nats-replicas.ts';
import { defineBackend } from '../../core/backend.ts';
import type { OpenContext } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import { admit } from '../../core/fence.ts';
import type { Fence } from '../../core/fence.ts';
import type { KeyValue, KeyValueFeature, SwapResult, Versioned } from '../contract.ts';
import { checkTotal, together } from '../many.ts';
import { addDecimal } from '../validate.ts';
import { openBucket } from './nats-bucket.ts';
import type { Bucket } from './nats-bucket.ts';
import { expiresHeader, operationHeader } from './nats-headers.ts';
import { listBucket } from './nats-list.ts';
import { watchBucket } from './nats-watch.ts';

/**
 * Keeps values in a bucket of NATS, as plain bytes that other programs may read and write. A version is the number of the message
 * in the bucket's stream, which no other write ever has.
 */
export const nats = defineBackend<KeyValue, KeyValueFeature>({
  scheme: 'nats',
  capability: 'keyvalue',
  doc: 'Values in a bucket of NATS with JetStream, of up to a million bytes: nats://user:password@host:port or nats://token@host:port, TLS with ?tls=true; several servers of a cluster: nats://user:password@a:4222,b:4222; credentials (a JWT, an nkey) stand beside the bind. A ttl ends by the clock of the host that reads.',
  features: new Set([
    'list',
    'ttl',
    'only-if-absent',
    'increment',
    'compare-and-swap',
    'fence',
    'watch',
    'durable-server',
    'shared',
  ]),
  config: {
    ...natsSettings,
    replicas: replicasSetting('the bucket, where this makes it'),
  },
  packages: natsPackages,
  severalHosts: true,
  open: openStore,
});

/** Bytes. A message may have a million and some, headers and all. */
export const largestNatsValue = 1_000_000;

interface State {
  /** Undefined: nothing, or something that was deleted or has expired. */
  readonly found: Versioned | undefined;
  /** The number of what lies there, whatever it is; 0: nothing. */
  readonly sequence: number;
}

const nothing = new Uint8Array(0);

async function openStore(context: OpenContext): Promise<KeyValue> {
  const { name, config } = context;
  const client = await openNats(context);
  let bucket: Bucket;
  let headers: () => MsgHdrs;
  try {
    bucket = await openBucket(client, name, readReplicas(config));
    ({ headers } = await import('@nats-io/transport-node'));
  } catch (error) {
    client.release();
    throw error;
  }

  const last = (subject: string): Promise<StoredMsg | undefined> =>
    client.ask(false, async ({ manager }) => {
      const query = { last_by_subj: subject };
      // With replicas any of them answers a direct question, maybe with what was there before one's own write.
      const message = bucket.direct
        ? await manager.direct.getMessage(bucket.stream, query)
        : await manager.streams.getMessage(bucket.stream, query);
      return message ?? undefined;
    });

  async function look(key: string): Promise<State> {
    const message = await last(bucket.subjectOf(key));
    if (message === undefined) return { found: undefined, sequence: 0 };
    const { seq, data } = message;
    const found = isThere(message.header) ? { value: data, version: String(seq) } : undefined;
    return { found, sequence: seq };
  }

  /** @returns the new version; undefined where the number of what lies there is not `expected` any more */
  async function publish(
    subject: string,
    value: Uint8Array,
    head: MsgHdrs | undefined,
    expected?: number,
  ): Promise<string | undefined> {
    return client.ask(true, async ({ jetstream }) => {
      try {
        const expect = expected === undefined ? {} : { expect: { lastSubjectSequence: expected } };
        const { seq } = await jetstream.publish(subject, value, {
          ...expect,
          ...(head && { headers: head }),
        });
        return String(seq);
      } catch (error) {
        if (isApiError(error, wrongLastSequence)) return undefined;
        throw error;
      }
    });
  }

  function headOf(ttl: number | undefined): MsgHdrs | undefined {
    if (ttl === undefined) return undefined;
    const head = headers();
    head.set(expiresHeader, String(Math.ceil(Date.now() + ttl)));
    return head;
  }

  function goneHead(): MsgHdrs {
    const head = headers();
    head.set(operationHeader, 'DEL');
    return head;
  }

  /**
   * What must be done before a write: it passes its fence, and then only happens where nothing was written since `sequence`. So under
   * one lock values are written in the order of the tokens.
   *
   * @returns the number that its message must come after; undefined: another came in between. With a fence it is never 0, since what
   * was made and deleted meanwhile would leave 0 again.
   */
  async function prepare(
    key: string,
    sequence: number,
    fence: Fence | undefined,
  ): Promise<number | undefined> {
    if (fence === undefined) return sequence;
    const subject = bucket.subjectOf(key);
    const after = sequence === 0 ? await publish(subject, nothing, goneHead(), 0) : sequence;
    if (after === undefined) return undefined;
    await pass(key, fence);
    return Number(after);
  }

  async function pass(key: string, fence: Fence): Promise<void> {
    const subject = bucket.fenceOf(key, fence.lock);
    for (;;) {
      const seen = await last(subject);
      admit(fence, seen && Buffer.from(seen.data).toString());
      const token = Buffer.from(fence.token);
      if (seen !== undefined && Buffer.from(seen.data).equals(token)) return;
      if ((await publish(subject, token, undefined, seen?.seq ?? 0)) !== undefined) return;
    }
  }

  async function set(
    key: string,
    value: Uint8Array,
    ttl: number | undefined,
    onlyIfAbsent: boolean,
    fence: Fence | undefined,
  ): Promise<void> {
    checkSize(value);
    const subject = bucket.subjectOf(key);
    if (!onlyIfAbsent && fence === undefined) return void (await publish(subject, value, headOf(ttl)));
    for (;;) {
      const { found, sequence } = await look(key);
      const after = await prepare(key, sequence, fence);
      if (after === undefined) continue;
      if (onlyIfAbsent && found !== undefined)
        throw new CapabilityError('already-exists', 'the key has a value');
      if ((await publish(subject, value, headOf(ttl), after)) !== undefined) return;
    }
  }

  async function remove(key: string, fence?: Fence): Promise<void> {
    const subject = bucket.subjectOf(key);
    for (;;) {
      const { sequence } = await look(key);
      if (sequence === 0 && fence === undefined) return;
      const after = await prepare(key, sequence, fence);
      if (after === undefined) continue;
      const gone = await publish(subject, nothing, goneHead(), fence && after);
      if (gone === undefined) continue;
      // Who watches has heard of it; the note itself would lie there for ever.
      void client
        .ask(true, ({ manager }) => manager.streams.deleteMessage(bucket.stream, Number(gone), false))
        .catch(() => undefined);
      return;
    }
  }

  async function compareAndSwap(
    key: string,
    expected: string | undefined,
    value: Uint8Array,
    { ttl, fence }: { readonly ttl?: number; readonly fence?: Fence },
  ): Promise<SwapResult> {
    checkSize(value);
    for (;;) {
      const { found, sequence } = await look(key);
      const after = await prepare(key, sequence, fence);
      if (after === undefined) continue;
      if (found?.version !== expected)
        return found === undefined ? { swapped: false } : { swapped: false, current: found };
      const version = await publish(bucket.subjectOf(key), value, headOf(ttl), after);
      if (version !== undefined) return { swapped: true, version };
    }
  }

  async function increment(key: string, delta: bigint, fence: Fence | undefined): Promise<bigint> {
    const subject = bucket.subjectOf(key);
    for (;;) {
      const message = await last(subject);
      const after = await prepare(key, message?.seq ?? 0, fence);
      if (after === undefined) continue;
      const there = message !== undefined && isThere(message.header);
      const sum = addDecimal(there ? message.data : undefined, delta);
      const head = headers();
      const expires = there ? message.header.get(expiresHeader) : '';
      if (expires !== '') head.set(expiresHeader, expires);
      if ((await publish(subject, Buffer.from(String(sum)), head, after)) !== undefined) return sum;
    }
  }

  async function getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    const values: (Uint8Array | undefined)[] = [];
    let bytes = 0;
    // A few at a time: what is too much must not be in memory first.
    for (let from = 0; from < keys.length; from += 8) {
      const some = await Promise.all(keys.slice(from, from + 8).map(look));
      for (const { found } of some) bytes += found?.value.byteLength ?? 0;
      checkTotal(bytes);
      values.push(...some.map(({ found }) => found?.value));
    }
    return values;
  }

  return {
    get: async (key) => (await look(key)).found?.value,
    getVersioned: async (key) => (await look(key)).found,
    set: (key, value, { ttl, onlyIfAbsent = false, fence } = {}) => set(key, value, ttl, onlyIfAbsent, fence),
    delete: (key, { fence } = {}) => remove(key, fence),
    exists: async (key) => (await look(key)).found !== undefined,
    keys: (options = {}) => listBucket(client, bucket, options, isThere),
    getMany,
    async setMany(entries, { ttl } = {}) {
      for (const { value } of entries) checkSize(value);
      // Of two with one key the last stays.
      const latest = new Map(entries.map((entry) => [entry.key, entry]));
      await together([...latest.values()], ({ key, value }) => set(key, value, ttl, false, undefined));
    },
    deleteMany: (many) => together(many, (key) => remove(key)),
    increment: (key, delta, { fence } = {}) => increment(key, delta, fence),
    compareAndSwap: (key, expected, value, options = {}) => compareAndSwap(key, expected, value, options),
    watch: (target) => watchBucket(client, bucket, target, look),
    async ping() {
      await client.ask(false, ({ connection }) => connection.flush());
    },
    close: () => client.release(),
  };
}

function isThere(head: MsgHdrs): boolean {
  if (head.get(operationHeader) !== '') return false;
  const expires = head.get(expiresHeader);
  return expires === '' || Number(expires) > Date.now();
}

function checkSize(value: Uint8Array): void {
  if (value.byteLength <= largestNatsValue) return;
  throw new CapabilityError(
    'invalid-argument',
    `the value has ${value.byteLength} bytes. NATS takes up to a million; keep larger ones in a blob store`,
    { detail: { limit: largestNatsValue } },
  );
}
