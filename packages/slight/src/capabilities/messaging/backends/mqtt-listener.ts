import { randomUUID } from 'node:crypto';
import type { MqttClient } from '../../../clients/mqtt.ts';
import type { Listener } from '../contract.ts';
import { makeEar } from '../ear.ts';
import type { Layout } from './mqtt-layout.ts';
import { readMeta, toMessage } from './mqtt-message.ts';

/** Hears what is broadcast from now on, also by programs that know nothing of slight: they have no headers. */
export async function openListener(
  client: MqttClient,
  { broadcasts }: Layout,
  topics: readonly string[],
): Promise<Listener> {
  const ear = makeEar(topics);
  const stop = await client.subscribe(broadcasts, 0, (message) => {
    if (message === undefined || message.retained) return;
    const topic = message.topic.slice(broadcasts.length).replaceAll('/', '.');
    ear.hear(topic, () => {
      const meta = readMeta(message) ?? { id: randomUUID(), topic, headers: [] };
      return toMessage({ ...meta, topic }, new Uint8Array(message.payload));
    });
  });
  return ear.listener(stop);
}
