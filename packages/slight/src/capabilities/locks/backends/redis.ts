import { keyspaceOf, openLate } from '../../../clients/redis-events.ts';
import { openRedis, readRedisPlace, redisPackage, redisSettings } from '../../../clients/redis.ts';
import { defineBackend } from '../../core/backend.ts';
import type { OpenContext } from '../../core/backend.ts';
import type { Grant, Locks, LocksFeature } from '../contract.ts';
import { waitInLine } from '../line.ts';
import type { Line } from '../line.ts';
import { notHeld } from '../validate.ts';
import { extendScript, leaveScript, releaseScript, standScript, takeScript } from './redis-scripts.ts';

/**
 * Locks on a Redis server, by its clock. A token is one above the last, and at least the server's time in microseconds: so it grows
 * also where the server has lost what it knew. Where a replica takes over, the one that was the primary may have granted what
 * the new one does not know of: then two hold a lock at once, and the token alone protects.
 */
export const redis = defineBackend<Locks, LocksFeature>({
  scheme: 'redis',
  capability: 'locks',
  doc: 'Locks on a Redis server: redis://user:password@host:port/database, rediss:// for TLS; behind sentinels: redis+sentinel://user:password@sentinel:26379,other:26379/0?master=NAME; on a cluster: redis+cluster://user:password@node:6379,other:6379. Best effort where a replica takes over: fence what the lock guards.',
  features: new Set(['durable-server', 'shared']),
  config: redisSettings,
  severalHosts: true,
  packages: [redisPackage],
  open: openLocks,
});

async function openLocks(context: OpenContext): Promise<Locks> {
  const { timeout } = context;
  const place = readRedisPlace(context);
  const client = await openRedis(place, timeout);
  const late = openLate(place, timeout, context.name);

  /** Lease, last token, line, signs of life: all in one slot of a cluster. */
  const keysOf = (name: string): string[] => {
    const tag = `{${encodeURIComponent(context.name)}:locks:${encodeURIComponent(name)}}`;
    return [tag, `${tag}:token`, `${tag}:line`, `${tag}:seen`];
  };
  const freed = (name: string): string => `${keysOf(name)[0]}:free`;
  const channelOf = (name: string): string => keyspaceOf(place) + freed(name);

  async function tryTake(name: string, ttl: number, ticket: string): Promise<Grant | { again: number }> {
    // Not when the answer comes: that may be long after the server's own time of the lock has begun.
    const asked = Date.now();
    const answer = await client.run(takeScript, keysOf(name), [String(Math.ceil(ttl)), ticket]);
    const [token, again] = answer as [Buffer | null, number];
    return token === null
      ? { again: again + 1 }
      : { token: BigInt(String(token)), expires: Math.floor(asked + ttl) };
  }

  const line: Line<string> = {
    take: tryTake,
    stand: async (name, ticket = '') => String(await client.run(standScript, keysOf(name), [ticket])),
    async leave(name, ticket) {
      await client.run(leaveScript, keysOf(name), [ticket, channelOf(name)]);
    },
    async listen(name, wake) {
      return (await late.open()).listen(freed(name), wake, wake);
    },
  };

  return {
    async acquire(name, ttl, wait, signal) {
      const found = await tryTake(name, ttl, '');
      if ('token' in found) return found;
      return wait > 0 ? waitInLine(line, name, ttl, wait, signal) : undefined;
    },
    async renew(name, token, ttl) {
      const expires = Math.floor(Date.now() + ttl);
      const args = [String(token), String(Math.ceil(ttl))];
      if ((await client.run(extendScript, keysOf(name), args)) !== 1) throw notHeld(name);
      return { token, expires };
    },
    async release(name, token) {
      const args = [String(token), channelOf(name)];
      if ((await client.run(releaseScript, keysOf(name), args)) !== 1) throw notHeld(name);
    },
    ping: client.ping,
    async close() {
      client.release();
      await late.close();
    },
  };
}
