import { randomUUID } from 'node:crypto';
import type { RedisClient } from '../../../clients/redis.ts';
import type { Listener, Messaging } from '../contract.ts';
import { makeEar } from '../ear.ts';
import type { RedisHearing } from './redis-hearing.ts';
import { packMessage, unpackMessage } from './redis-message.ts';

/** Broadcasts of one name, over `PUBLISH`: Redis keeps none. */
export interface RedisBroadcasts extends Pick<Messaging, 'broadcast'> {
  listen(topics: readonly string[]): Promise<Listener>;
  close(): void;
}

export function openBroadcasts(client: RedisClient, hearing: RedisHearing): RedisBroadcasts {
  const listeners = new Set<Listener>();

  async function listen(topics: readonly string[]): Promise<Listener> {
    const ear = makeEar(topics);
    const stop = await hearing.listen('cast', (_, packed) => {
      const { message } = unpackMessage(packed);
      ear.hear(message.topic, () => message);
    });
    const listener = ear.listener(() => {
      listeners.delete(listener);
      stop();
    });
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
