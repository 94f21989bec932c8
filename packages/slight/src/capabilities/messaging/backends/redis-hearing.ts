import { keyspaceOf, openLate } from '../../../clients/redis-events.ts';
import type { RedisPlace } from '../../../clients/redis.ts';

/** What one open name hears on a connection of its own, which is made when somebody first wants to. */
export interface RedisHearing {
  /** For `PUBLISH`. */
  channel(name: string): string;
  /**
   * @param name of a channel, of which `*` at the end stands for the rest
   * @param lose called when something may have been missed
   * @returns ends it
   * @throws {CapabilityError} as `openRedis`
   */
  listen(name: string, hear: (name: string, message: Buffer) => void, lose?: () => void): Promise<() => void>;
  close(): Promise<void>;
}

export function openHearing(place: RedisPlace, timeout: number, tag: string): RedisHearing {
  const late = openLate(place, timeout, tag);
  const before = `${tag}:`;

  return {
    channel: (name) => `${keyspaceOf(place)}${before}${name}`,
    async listen(name, hear, lose = () => undefined) {
      const events = await late.open();
      return events.listen(
        before + name,
        (key, message) => hear(key.toString().slice(before.length), message),
        lose,
      );
    },
    close: late.close,
  };
}
