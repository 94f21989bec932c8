import { isUtf8 } from 'node:buffer';
import { randomInt } from 'node:crypto';
import { decode, encode, endOfPrefix, openEtcd } from '../../../clients/etcd.ts';
import type { EtcdClient } from '../../../clients/etcd.ts';
import { defineBackend } from '../../core/backend.ts';
import type { OpenContext } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import type { Fence, KeyPage, KeysOptions, KeyValue, KeyValueFeature, SwapResult } from '../contract.ts';
import { admit } from '../../core/fence.ts';
import { checkTotal, together } from '../many.ts';
import { addDecimal, brokenCursor } from '../validate.ts';
import { watchPrefix } from './etcd-watch.ts';

/**
 * Keeps values on an etcd, under `<name>:<key>` as plain bytes that other programs may read and write. A version is the
 * revision that wrote the value, which no other write ever has.
 */
export const etcd = defineBackend<KeyValue, KeyValueFeature>({
  scheme: 'etcd',
  capability: 'keyvalue',
  doc: 'Values on an etcd, of up to 1 MiB: etcd://user:password@host:port, etcds:// for TLS. A ttl ends by the clock of the host that reads; the server forgets the value some seconds later. A user needs a role that may read and write what begins with `NAME:`, and with fences `/fences/NAME:`.',
  features: new Set([
    'list',
    'ordered',
    'ttl',
    'only-if-absent',
    'increment',
    'compare-and-swap',
    'fence',
    'watch',
    'durable-server',
    'shared',
  ]),
  config: {},
  open: openStore,
});

/** Bytes. The server takes requests of 1.5 MiB. */
export const largestEtcdValue = 1024 * 1024;
/** Operations that the server takes in one transaction: 128. */
const mostTogether = 100;
/** Bytes of values that are asked for at once. */
const largestPage = 8 * 1024 * 1024;

interface Found {
  readonly value: Buffer;
  /** The revision that wrote it. */
  readonly version: string;
}

/** What a key holds now, for whoever writes only where it has not changed. */
interface State {
  /** Undefined: nothing, or something that has expired. */
  readonly found: Found | undefined;
  /** The revision of what lies there, expired or not; 0: nothing. */
  readonly revision: string;
  /** Of the fence: its revision. */
  readonly fenced: string | undefined;
}

interface Row {
  readonly key: string;
  readonly value?: string;
  readonly mod_revision: string;
  readonly lease?: string;
}

async function openStore({ name, url, timeout }: OpenContext): Promise<KeyValue> {
  const client = await openEtcd(url, timeout);
  // Percent-encoded, no name holds a colon or a slash: so no two stores share a key, nor one with what is kept beside.
  const prefix = `${encodeURIComponent(name)}:`;
  const place = (key: string): string => encode(prefix + key);
  const fencePlace = (key: string, lock: string): string =>
    encode(`/fences/${prefix}${encodeURIComponent(lock)}/${key}`);

  async function find(key: string): Promise<Found | undefined> {
    const { kvs } = await client.call('kv/range', { key: place(key) }, false);
    return read((kvs as Row[] | undefined)?.[0]);
  }

  async function look(key: string, fence: Fence | undefined): Promise<State> {
    const range = (at: string) => ({ request_range: { key: at } });
    const asked =
      fence === undefined ? [range(place(key))] : [range(place(key)), range(fencePlace(key, fence.lock))];
    const { responses } = await client.call('kv/txn', { success: asked }, false);
    const [row, seen] = (responses as { response_range: { kvs?: Row[] } }[]).map(
      (each) => each.response_range.kvs?.[0],
    );
    if (fence !== undefined) admit(fence, seen && decode(seen.value).toString());
    return {
      found: read(row),
      revision: row?.mod_revision ?? '0',
      fenced: fence && (seen?.mod_revision ?? '0'),
    };
  }

  /** Writes where nothing has changed since `state` was looked at. @returns the new version, or undefined */
  async function writeOver(
    key: string,
    state: State,
    put: object,
    fence: Fence | undefined,
  ): Promise<string | undefined> {
    const compare = [unchanged(place(key), state.revision)];
    const success = [put];
    if (fence !== undefined) {
      const at = fencePlace(key, fence.lock);
      compare.push(unchanged(at, state.fenced!));
      success.push({ request_put: { key: at, value: encode(fence.token) } });
    }
    const { succeeded, header } = await client.call('kv/txn', { compare, success }, true);
    return succeeded === true ? (header.revision as string) : undefined;
  }

  async function putRequest(key: string, value: Uint8Array, ttl: number | undefined): Promise<object> {
    checkSize(value);
    const lease = ttl === undefined ? undefined : await grantLease(client, ttl);
    return { key: place(key), value: encode(value), ...(lease !== undefined && { lease }) };
  }

  async function set(
    key: string,
    value: Uint8Array,
    ttl: number | undefined,
    onlyIfAbsent: boolean,
    fence: Fence | undefined,
  ): Promise<void> {
    const request = await putRequest(key, value, ttl);
    if (!onlyIfAbsent && fence === undefined) return void (await client.call('kv/put', request, true));
    for (;;) {
      const state = await look(key, fence);
      if (onlyIfAbsent && state.found !== undefined)
        throw new CapabilityError('already-exists', 'the key has a value');
      if ((await writeOver(key, state, { request_put: request }, fence)) !== undefined) return;
    }
  }

  async function remove(key: string): Promise<void> {
    await client.call('kv/deleterange', { key: place(key) }, true);
  }

  /** Both in one step: the fence is remembered where the value is gone. */
  async function removeFenced(key: string, fence: Fence): Promise<void> {
    for (;;) {
      const state = await look(key, fence);
      const request = { request_delete_range: { key: place(key) } };
      if ((await writeOver(key, state, request, fence)) !== undefined) return;
    }
  }

  async function getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    const values: (Uint8Array | undefined)[] = [];
    let bytes = 0;
    for (let from = 0; from < keys.length;) {
      // What is too much must not be in memory first, so the first values say how many more are asked for.
      const usual = values.length === 0 ? 8 : largestPage / Math.max(1, bytes / values.length);
      const some = keys.slice(from, from + Math.max(1, Math.min(mostTogether, Math.floor(usual))));
      const success = some.map((key) => ({ request_range: { key: place(key) } }));
      const { responses } = await client.call('kv/txn', { success }, false);
      for (const { response_range } of responses as { response_range: { kvs?: Row[] } }[]) {
        const found = read(response_range.kvs?.[0])?.value;
        bytes += found?.byteLength ?? 0;
        values.push(found);
      }
      checkTotal(bytes);
      from += some.length;
    }
    return values;
  }

  async function keys({ prefix: wanted = '', cursor, limit = 1_000 }: KeysOptions = {}): Promise<KeyPage> {
    const start = prefix + wanted;
    const after = cursor === undefined ? undefined : readCursor(cursor, start);
    const { kvs = [], more } = await client.call(
      'kv/range',
      {
        key: after === undefined ? encode(start) : encode(`${after}\0`),
        range_end: endOfPrefix(start),
        limit: String(limit),
        keys_only: true,
      },
      false,
    );
    const rows = kvs as Row[];
    const found = rows.filter(isThere).map((row) => decode(row.key));
    const page = found.filter((bytes) => isUtf8(bytes)).map((key) => key.toString().slice(prefix.length));
    const last = rows.at(-1);
    return more === true && last !== undefined
      ? { keys: page, cursor: decode(last.key).toString('base64url') }
      : { keys: page };
  }

  async function compareAndSwap(
    key: string,
    expected: string | undefined,
    value: Uint8Array,
    { ttl, fence }: { readonly ttl?: number; readonly fence?: Fence },
  ): Promise<SwapResult> {
    const request = await putRequest(key, value, ttl);
    for (;;) {
      const state = await look(key, fence);
      if (state.found?.version !== expected)
        return state.found === undefined ? { swapped: false } : { swapped: false, current: state.found };
      const version = await writeOver(key, state, { request_put: request }, fence);
      if (version !== undefined) return { swapped: true, version };
    }
  }

  return {
    get: async (key) => (await find(key))?.value,
    getVersioned: find,
    set: (key, value, { ttl, onlyIfAbsent = false, fence } = {}) => set(key, value, ttl, onlyIfAbsent, fence),
    delete: (key, { fence } = {}) => (fence === undefined ? remove(key) : removeFenced(key, fence)),
    async exists(key) {
      const { kvs } = await client.call('kv/range', { key: place(key), keys_only: true }, false);
      return isThere((kvs as Row[] | undefined)?.[0]);
    },
    keys,
    getMany,
    async setMany(entries, { ttl } = {}) {
      for (const { value } of entries) checkSize(value);
      // Of two with one key the last stays; the server takes each key once in a transaction.
      const last = new Map(entries.map((entry) => [entry.key, entry]));
      await together([...last.values()], ({ key, value }) => set(key, value, ttl, false, undefined));
    },
    deleteMany: (many) => together(many, remove),
    async increment(key, delta, { fence } = {}) {
      for (;;) {
        const state = await look(key, fence);
        const sum = addDecimal(state.found?.value, delta);
        const keep = state.found !== undefined;
        // It keeps the ttl that it has; what has expired leaves none.
        const put = { key: place(key), value: encode(String(sum)), ...(keep && { ignore_lease: true }) };
        if ((await writeOver(key, state, { request_put: put }, fence)) !== undefined) return sum;
      }
    },
    compareAndSwap: (key, expected, value, options = {}) => compareAndSwap(key, expected, value, options),
    watch: (target) => watchPrefix(client, prefix, target, endOf),
    async ping() {
      await client.call('kv/range', { key: place('ping'), keys_only: true }, false);
    },
    close: () => client.release(),
  };
}

function unchanged(key: string, revision: string) {
  return { key, target: 'MOD', result: 'EQUAL', mod_revision: revision };
}

function checkSize(value: Uint8Array): void {
  if (value.byteLength <= largestEtcdValue) return;
  throw new CapabilityError(
    'invalid-argument',
    `the value has ${value.byteLength} bytes. etcd takes up to 1 MiB; keep larger ones in a blob store`,
    { detail: { limit: largestEtcdValue } },
  );
}

function read(row: Row | undefined): Found | undefined {
  return isThere(row) ? { value: decode(row.value), version: row.mod_revision } : undefined;
}

/** Bits of a lease's number that are drawn; the 42 above them say when it ends, in milliseconds since `epoch`. */
const drawnBits = 21n;
/** 2020. */
const epoch = 1_577_836_800_000;
/** 2026: no value of ours ended before. */
const firstEnd = 1_767_225_600_000;
/** Milliseconds that the server keeps a value beyond its end: clocks differ. */
const grace = 5_000;

/** A lease lasts for whole seconds. Its number is ours to choose, so it says when exactly the value ends. */
async function grantLease(client: EtcdClient, ttl: number): Promise<string> {
  for (;;) {
    const id =
      (BigInt(Math.ceil(Date.now() + ttl) - epoch) << drawnBits) | BigInt(randomInt(2 ** Number(drawnBits)));
    try {
      await client.call(
        'lease/grant',
        { ID: String(id), TTL: String(Math.ceil((ttl + grace) / 1_000)) },
        false,
      );
      return String(id);
    } catch (error) {
      // Drawn twice in one millisecond.
      if (!(error instanceof CapabilityError) || !/already exists/.test(error.message)) throw error;
    }
  }
}

/** When what is bound to a lease ends, in milliseconds since 1970; undefined: that cannot be told, or never. */
function endOf(lease: string | undefined): number | undefined {
  const end = Number(BigInt(lease ?? 0) >> drawnBits) + epoch;
  // Numbers that say no time of today are of leases that another program asked for.
  return end < firstEnd ? undefined : end;
}

function isThere(row: Row | undefined): row is Row {
  return row !== undefined && (endOf(row.lease) ?? Infinity) > Date.now();
}

function readCursor(cursor: string, start: string): string {
  const key = Buffer.from(cursor, 'base64url').toString();
  if (!key.startsWith(start) || Buffer.from(key).toString('base64url') !== cursor) throw brokenCursor();
  return key;
}
