import type { NatsClient } from '../../../clients/nats.ts';
import type { Listener, Message } from '../contract.ts';
import { matchesAny } from '../topics.ts';
import { takeWithin } from '../wait.ts';
import type { Layout } from './nats-layout.ts';
import { readMeta, toMessage } from './nats-message.ts';

/** Broadcasts that a slow listener keeps; then it misses the oldest. */
const mostKept = 10_000;

/** Hears what is broadcast from now on. */
export async function openListener(
  { connection }: NatsClient,
  layout: Layout,
  topics: readonly string[],
): Promise<Listener> {
  const heard: Message[] = [];
  const waiting = new Set<() => void>();
  let closed = false;
  const wakeAll = (): void => {
    for (const wake of waiting) wake();
  };
  const subscription = connection.subscribe(layout.broadcast('>'), {
    callback(error, message) {
      if (error !== null) return;
      const meta = readMeta(message.headers, layout.topicOf(message.subject), '');
      if (!matchesAny(topics, meta.topic)) return;
      heard.push(toMessage(meta, message.data.slice()));
      if (heard.length > mostKept) heard.shift();
      wakeAll();
    },
  });
  // From here on the server sends what is broadcast.
  await connection.flush();
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
      subscription.unsubscribe();
      wakeAll();
    },
  };
}
