import { CapabilityError } from '../capabilities/core/error.ts';
import { openEar, type Ear, type Head } from './redis-ear.ts';
import { openEars } from './redis-ears.ts';
import type { RedisPlace } from './redis-place.ts';

/** Hears of changes of keys, or of what is published, on connections of its own. */
export interface RedisEvents {
  /**
   * @param pattern as `SCAN` takes it, for whole keys
   * @param hear called with each key that has changed, and what was said of it
   * @param lose called after a connection was away, when it is back: what changed meanwhile was not heard
   * @returns ends it
   */
  listen(
    pattern: string,
    hear: (key: Buffer, message: Buffer) => void,
    lose: () => void,
  ): Promise<() => void>;
  /** Ends the connections. */
  close(): void;
}

interface Listener {
  readonly hear: (key: Buffer, message: Buffer) => void;
  readonly lose: () => void;
}

/** What stands before a key in the name of its channel. Whatever is published there is heard, too. */
export function keyspaceOf({ database }: Pick<RedisPlace, 'database'>): string {
  return `__keyspace@${database}__:`;
}

/**
 * Opens connections for the channels of keys.
 * @param near a key: what is published is heard, in a cluster where that key is, so that what is published there comes at once.
 * Undefined: what servers say of keys is heard, which they must have been told to say
 * @throws {CapabilityError} as `openRedis`
 */
export async function openRedisEvents(
  place: RedisPlace,
  timeout: number,
  near: string | undefined,
): Promise<RedisEvents> {
  const before = keyspaceOf(place);
  const listeners = new Map<string, Set<Listener>>();
  const head: Head = {
    patterns: () => [...listeners.keys()],
    hear(pattern, channel, message) {
      const key = channel.subarray(before.length);
      for (const { hear } of listeners.get(pattern) ?? []) hear(key, message);
    },
    lose: () => undefined,
    regain() {
      for (const all of listeners.values()) for (const { lose } of all) lose();
    },
  };
  const ears: Omit<Ear, 'ready'> =
    place.kind === 'cluster'
      ? await openEars(place, timeout, head, near)
      : await openEar(place, timeout, head);

  return {
    async listen(keys, hear, lose) {
      const pattern = before + keys;
      const listener = { hear, lose };
      const all = listeners.get(pattern) ?? new Set();
      listeners.set(pattern, all.add(listener));
      const end = (): void => {
        if (!all.delete(listener) || all.size > 0 || listeners.get(pattern) !== all) return;
        listeners.delete(pattern);
        ears.remove(pattern);
      };
      try {
        await ears.add(pattern);
      } catch (error) {
        end();
        throw error;
      }
      return end;
    },
    close: () => ears.close(),
  };
}

/** Connections that are opened when somebody first listens. */
export interface LateEvents {
  /** @throws {CapabilityError} as `openRedis`; the next one tries anew. `cancelled` once it is closed */
  open(): Promise<RedisEvents>;
  /** Also of what is still being opened. */
  close(): Promise<void>;
}

/** @param near as `openRedisEvents` takes it */
export function openLate(place: RedisPlace, timeout: number, near: string | undefined): LateEvents {
  let opening: Promise<RedisEvents> | undefined;
  let closed = false;
  return {
    async open() {
      if (closed) throw new CapabilityError('cancelled', 'the connection was closed');
      opening ??= openRedisEvents(place, timeout, near).catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      return opening;
    },
    async close() {
      closed = true;
      const last = opening;
      opening = undefined;
      await last?.then((events) => events.close()).catch(() => undefined);
    },
  };
}
