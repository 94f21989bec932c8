import { randomUUID } from 'node:crypto';
import type { MqttClient } from '../../../clients/mqtt.ts';
import type { Listener, Message } from '../contract.ts';
import { matchesAny } from '../topics.ts';
import { takeWithin } from '../wait.ts';
import type { Layout } from './mqtt-layout.ts';
import { readMeta, toMessage } from './mqtt-message.ts';

/** Broadcasts that a slow listener keeps; then it misses the oldest. */
const mostKept = 10_000;

/** Hears what is broadcast from now on, also by programs that know nothing of slight: they have no headers. */
export async function openListener(
  client: MqttClient,
  { broadcasts }: Layout,
  topics: readonly string[],
): Promise<Listener> {
  const heard: Message[] = [];
  const waiting = new Set<() => void>();
  let closed = false;
  const wakeAll = (): void => {
    for (const wake of waiting) wake();
  };
  const stop = await client.subscribe(broadcasts, 0, (message) => {
    if (message === undefined || message.retained) return;
    const topic = message.topic.slice(broadcasts.length).replaceAll('/', '.');
    if (!matchesAny(topics, topic)) return;
    const meta = readMeta(message) ?? { id: randomUUID(), topic, headers: [] };
    heard.push(toMessage({ ...meta, topic }, new Uint8Array(message.payload)));
    if (heard.length > mostKept) heard.shift();
    wakeAll();
  });
  return {
    next: (max, wait) =>
      takeWithin(wait, {
        take: () => heard.splice(0, max),
        listen(wake) {
          waiting.add(wake);
          return () => waiting.delete(wake);
        },
        due: () => undefined,
        over: () => closed,
      }),
    close() {
      closed = true;
      stop();
      wakeAll();
    },
  };
}
