import type { NatsClient } from '../../../clients/nats.ts';
import type { Listener } from '../contract.ts';
import { makeEar } from '../ear.ts';
import type { Layout } from './nats-layout.ts';
import { readMeta, toMessage } from './nats-message.ts';

/** Hears what is broadcast from now on. */
export async function openListener(
  { connection }: NatsClient,
  layout: Layout,
  topics: readonly string[],
): Promise<Listener> {
  const ear = makeEar(topics);
  const subscription = connection.subscribe(layout.broadcast('>'), {
    callback(error, message) {
      if (error !== null) return;
      const meta = readMeta(message.headers, layout.topicOf(message.subject), '');
      ear.hear(meta.topic, () => toMessage(meta, message.data.slice()));
    },
  });
  // From here on the server sends what is broadcast.
  await connection.flush();
  return ear.listener(() => subscription.unsubscribe());
}
