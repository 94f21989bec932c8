import { randomUUID } from 'node:crypto';
import type { RedisClient } from '../../../clients/redis.ts';
import type { Listener, Message, Messaging } from '../contract.ts';
import { matchesAny } from '../topics.ts';
import { takeWithin } from '../wait.ts';
import type { RedisHearing } from './redis-hearing.ts';
import { packMessage, unpackMessage } from './redis-message.ts';

/** Broadcasts of one name, over `PUBLISH`: Redis keeps none. */
export interface RedisBroadcasts extends Pick<Messaging, 'broadcast'> {
  listen(topics: readonly string[]): Promise<Listener>;
  close(): void;
}

/** Broadcasts, and bytes of them, that a listener keeps while nobody asks for them; then it loses the oldest. */
const mostKept = 10_000;
const mostBytes = 64 * 1024 * 1024;

export function openBroadcasts(client: RedisClient, hearing: RedisHearing): RedisBroadcasts {
  const listeners = new Set<Listener>();

  async function listen(topics: readonly string[]): Promise<Listener> {
    let kept: Message[] = [];
    let bytes = 0;
    let closed = false;
    let wake: (() => void) | undefined;

    function shift(): Message {
      const message = kept.shift()!;
      bytes -= message.body.byteLength;
      return message;
    }

    const stop = await hearing.listen('cast', (_, packed) => {
      const { message } = unpackMessage(packed);
      if (closed || !matchesAny(topics, message.topic)) return;
      kept.push(message);
      bytes += message.body.byteLength;
      while (kept.length > mostKept || (bytes > mostBytes && kept.length > 1)) shift();
      wake?.();
    });

    const listener: Listener = {
      next: (max, wait) =>
        takeWithin(wait, {
          take: () => Array.from({ length: Math.min(max, kept.length) }, shift),
          listen(call) {
            wake = call;
            return () => (wake = undefined);
          },
          due: () => undefined,
          over: () => closed,
        }),
      close() {
        if (closed) return;
        closed = true;
        kept = [];
        listeners.delete(listener);
        stop();
        wake?.();
      },
    };
    listeners.add(listener);
    return listener;
  }

  return {
    async broadcast(topic, body, headers = []) {
      const message = packMessage({ id: randomUUID(), topic, headers, body });
      await client.send('PUBLISH', [hearing.channel('cast'), message]);
    },
    listen,
    close() {
      for (const listener of listeners) listener.close();
    },
  };
}
