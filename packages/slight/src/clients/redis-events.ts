import type { Redis } from 'ioredis';
import { connectRedis, explainRedis } from './redis.ts';

/** Hears of changes of keys, on a connection of its own: one that listens can do nothing else. */
export interface RedisEvents {
  /**
   * @param pattern as `SCAN` takes it, for whole keys
   * @param hear called with each key that has changed, and what was said of it
   * @param lose called after the connection was away, when it is back: what changed meanwhile was not heard
   * @returns ends it
   */
  listen(
    pattern: string,
    hear: (key: Buffer, message: Buffer) => void,
    lose: () => void,
  ): Promise<() => void>;
  /** Ends the connection. */
  close(): void;
}

interface Listener {
  readonly hear: (key: Buffer, message: Buffer) => void;
  readonly lose: () => void;
}

/** What stands before a key in the name of its channel. Whatever is published there is heard, too. */
export function keyspaceOf(url: URL): string {
  return `__keyspace@${Number(url.pathname.slice(1))}__:`;
}

/** Milliseconds between two questions whether the connection still stands: one that only listens would not notice. */
const askEvery = 5_000;

/**
 * Opens a connection for keyspace events, which the server must have been told to send.
 * @throws {CapabilityError} as `openRedis`
 */
export async function openRedisEvents(url: URL, timeout: number): Promise<RedisEvents> {
  const { redis } = await connectRedis(url, timeout);
  const before = keyspaceOf(url);
  const listeners = new Map<string, Set<Listener>>();

  redis.on('pmessageBuffer', (pattern: string, channel: Buffer, message: Buffer) => {
    const key = channel.subarray(before.length);
    for (const { hear } of listeners.get(String(pattern)) ?? []) hear(key, message);
  });
  redis.on('ready', () => void subscribeAgain(redis, listeners));
  const asking = setInterval(() => void redis.ping().catch(() => undefined), askEvery).unref();

  return {
    async listen(keys, hear, lose) {
      const pattern = before + keys;
      const listener = { hear, lose };
      const all = listeners.get(pattern) ?? new Set();
      listeners.set(pattern, all.add(listener));
      const end = (): void => {
        if (!all.delete(listener) || all.size > 0 || listeners.get(pattern) !== all) return;
        listeners.delete(pattern);
        redis.punsubscribe(pattern).catch(() => undefined);
      };
      try {
        // Also where another listens already: then the answer says that it does.
        await redis.psubscribe(pattern);
      } catch (error) {
        end();
        throw explainRedis(error as Error);
      }
      return end;
    },
    close() {
      clearInterval(asking);
      redis.disconnect();
    },
  };
}

/** Only once all is heard again does it help to look what was missed. */
async function subscribeAgain(redis: Redis, listeners: ReadonlyMap<string, Set<Listener>>): Promise<void> {
  try {
    if (listeners.size > 0) await redis.psubscribe(...listeners.keys());
  } catch {
    // Away again: the next time it is ready, this is done again.
    return;
  }
  for (const all of listeners.values()) for (const { lose } of all) lose();
}
