import { connectRedis } from './redis-connection.ts';
import { explainRedis } from './redis-error.ts';
import type { RedisAddress, RedisPlace } from './redis-place.ts';

/** A connection that listens, and can do nothing else. */
export interface Ear {
  readonly ready: boolean;
  /** Also where it listens already: then the answer says that it does. @throws {CapabilityError} */
  add(pattern: string): Promise<void>;
  remove(pattern: string): void;
  close(): void;
}

/** Who has an ear. */
export interface Head {
  /** Of channels, all that are listened to. */
  patterns(): readonly string[];
  hear(pattern: string, channel: Buffer, message: Buffer): void;
  /** The connection is gone, for now. */
  lose(): void;
  /** It is there again, and listens. */
  regain(): void;
}

/** Milliseconds between two questions whether the connection still stands: one that only listens would not notice. */
const askEvery = 5_000;
/** Milliseconds until a server that refused is told once more what is to be heard. */
const listenEvery = 1_000;

/**
 * Opens a connection that listens to what its head wants to hear.
 * @param address which node of a cluster
 * @throws {CapabilityError} as `connectRedis`
 */
export async function openEar(
  place: RedisPlace,
  timeout: number,
  head: Head,
  address?: RedisAddress,
): Promise<Ear> {
  const { redis, role } = await connectRedis(place, timeout, address);
  redis.on('pmessageBuffer', (pattern: string, channel: Buffer, message: Buffer) =>
    head.hear(String(pattern), channel, message),
  );
  redis.on('close', () => head.lose());
  let again: NodeJS.Timeout | undefined;
  redis.on('ready', listenAgain);
  const asking = setInterval(() => {
    redis.ping().catch(() => undefined);
    role?.ask();
  }, askEvery).unref();

  async function listenToAll(): Promise<void> {
    const patterns = head.patterns();
    if (patterns.length > 0) await redis.psubscribe(...patterns);
  }

  /** Only once all is heard again does it help to look what was missed. */
  function listenAgain(): void {
    clearTimeout(again);
    listenToAll().then(head.regain, () => {
      // Where it is away, its coming back does this again. Where it refused, it may take it later.
      if (redis.status === 'ready') again = setTimeout(listenAgain, listenEvery).unref();
    });
  }

  function close(): void {
    clearInterval(asking);
    clearTimeout(again);
    redis.off('ready', listenAgain);
    redis.removeAllListeners('close');
    redis.disconnect();
  }

  try {
    await listenToAll();
  } catch (error) {
    close();
    throw explainRedis(error as Error);
  }
  return {
    get ready() {
      return redis.status === 'ready';
    },
    async add(pattern) {
      try {
        await redis.psubscribe(pattern);
      } catch (error) {
        throw explainRedis(error as Error);
      }
    },
    remove: (pattern) => void redis.punsubscribe(pattern).catch(() => undefined),
    close,
  };
}
