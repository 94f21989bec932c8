import { createHash } from 'node:crypto';
import {
  openRedis,
  readRedisPlace,
  redisPackage,
  redisSettings,
  type RedisArgument,
  type RedisScript,
} from '../../../clients/redis.ts';
import { defineBackend, type OpenContext } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import type { Fence, KeyValue, KeyValueFeature, Versioned } from '../contract.ts';
import { staleFence } from '../../core/fence.ts';
import { together } from '../many.ts';
import { counterOverflow, notDecimal } from '../validate.ts';
import { makeVersions } from '../../core/version.ts';
import { makeReads } from './redis-reads.ts';
import { locate, storePrefix } from './redis-keys.ts';
import { listKeys } from './redis-list.ts';
import { openWatches } from './redis-watch.ts';
import { deleteScript, incrementScript, putScript, swapScript } from './redis-scripts.ts';

/**
 * Keeps values on a Redis server, under `<name>:<key>` as plain bytes that other programs may read and write. What
 * they write gets no new version: compare-and-swap guards against writers of this kind only.
 */
export const redis = defineBackend<KeyValue, KeyValueFeature>({
  scheme: 'redis',
  capability: 'keyvalue',
  doc: 'Values on a Redis server: redis://user:password@host:port/database, rediss:// for TLS; behind sentinels: redis+sentinel://user:password@sentinel:26379,other:26379/0?master=NAME; on a cluster: redis+cluster://user:password@node:6379,other:6379. It can be watched where the server runs with `notify-keyspace-events KA`. Acknowledged writes survive a crash of the server where it runs with `appendonly yes` and `appendfsync always`.',
  features: new Set([
    'list',
    'ttl',
    'only-if-absent',
    'increment',
    'compare-and-swap',
    'watch',
    'fence',
    'durable-server',
    'shared',
  ]),
  config: redisSettings,
  severalHosts: true,
  packages: [redisPackage],
  open: openStore,
});

const nextVersion = makeVersions();

async function openStore(context: OpenContext): Promise<KeyValue> {
  const { name, timeout } = context;
  const place = readRedisPlace(context);
  const client = await openRedis(place, timeout);
  const prefix = storePrefix(name);
  const reads = makeReads(client, timeout);
  const watches = openWatches(client, place, timeout, prefix);

  async function getVersioned(key: string): Promise<Versioned | undefined> {
    const keys = locate(prefix, key);
    const [value, version] = (await client.send('MGET', [keys.value, keys.version])) as (Buffer | null)[];
    return value ? { value, version: version?.toString() ?? versionOfBytes(value) } : undefined;
  }

  /** Runs a script on a key, with its fence where it has one. */
  async function write(
    script: RedisScript,
    key: string,
    args: readonly RedisArgument[],
    fence: Fence | undefined,
  ): Promise<unknown> {
    const { value, version, fences } = locate(prefix, key);
    if (fence === undefined) return client.run(script, [value, version], args);
    const found = await client.run(script, [value, version, fences], [...args, fence.lock, fence.token]);
    if (Array.isArray(found) && found.length === 3) throw staleFence(fence, String(found[0]));
    return found;
  }

  async function remove(key: string): Promise<void> {
    const keys = locate(prefix, key);
    await client.send('DEL', [keys.value, keys.version]);
  }

  return {
    get: (key) => reads.get(prefix + key),
    getVersioned,
    async set(key, value, { ttl, onlyIfAbsent, fence } = {}) {
      const args = [asBuffer(value), nextVersion(), milliseconds(ttl), onlyIfAbsent ? 'absent' : ''];
      const written = await write(putScript, key, args, fence);
      if (written === 0) throw new CapabilityError('already-exists', 'the key has a value');
    },
    async delete(key, { fence } = {}) {
      await (fence === undefined ? remove(key) : write(deleteScript, key, [], fence));
    },
    async exists(key) {
      return (await client.send('EXISTS', [prefix + key])) === 1;
    },
    keys: (options = {}) => listKeys(client, prefix, options),
    getMany: (keys) => reads.getMany(keys.map((key) => prefix + key)),
    setMany: (entries, { ttl } = {}) =>
      together(entries, ({ key, value }) =>
        write(putScript, key, [asBuffer(value), nextVersion(), milliseconds(ttl), ''], undefined),
      ),
    deleteMany: (keys) => together(keys, remove),
    async increment(key, delta, { fence } = {}) {
      try {
        const sum = await write(incrementScript, key, [String(delta), nextVersion()], fence);
        return BigInt((sum as Buffer).toString());
      } catch (error) {
        const said = error instanceof CapabilityError ? error.message : '';
        if (said.includes('not an integer')) throw notDecimal();
        if (said.includes('would overflow')) throw counterOverflow();
        throw error;
      }
    },
    async compareAndSwap(key, expected, value, { ttl, fence } = {}) {
      const version = nextVersion();
      // The script takes '' for "must be absent"; an empty version is none that was ever given.
      const args = [asBuffer(value), version, milliseconds(ttl), expected === '' ? '-' : (expected ?? '')];
      const found = await write(swapScript, key, args, fence);
      if (!Array.isArray(found)) return { swapped: true, version };
      const [current, currentVersion] = found as [Buffer?, Buffer?];
      return stale(current && { value: current, version: String(currentVersion) });
    },
    ping: client.ping,
    watch: watches.begin,
    close() {
      watches.close();
      client.release();
    },
  };
}

function stale(current: Versioned | undefined) {
  return current ? { swapped: false as const, current } : { swapped: false as const };
}

/** As the scripts make it for a value that another program wrote. */
function versionOfBytes(value: Buffer): string {
  return `sha1.${createHash('sha1').update(value).digest('hex')}`;
}

function asBuffer(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function milliseconds(ttl: number | undefined): string {
  return ttl === undefined ? '' : String(Math.ceil(ttl));
}
