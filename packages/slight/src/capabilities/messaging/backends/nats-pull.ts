import type { Msg } from '@nats-io/transport-node';
import type { NatsClient } from '../../../clients/nats.ts';

/** Milliseconds for the server to answer a pull that does not wait. */
const longestPull = 5_000;

/**
 * Asks a consumer for what it has now, at most `count`. The library's own pulls wait for a second at least.
 * https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-13.md
 */
export function pull(
  { connection }: NatsClient,
  stream: string,
  consumer: string,
  count: number,
): Promise<Msg[]> {
  return new Promise((resolve, reject) => {
    const messages: Msg[] = [];
    const inbox = `_INBOX.slight.${crypto.randomUUID()}`;
    const end = (): void => {
      clearTimeout(timer);
      subscription.unsubscribe();
      resolve(messages);
    };
    const timer = setTimeout(end, longestPull);
    const subscription = connection.subscribe(inbox, {
      callback(error, message) {
        if (error !== null) {
          clearTimeout(timer);
          return reject(error);
        }
        // What has a status and no body says that there is no more, or no such consumer.
        const status = message.headers?.code ?? 0;
        if (status === 100) return;
        if (status >= 400) return end();
        messages.push(message);
        if (messages.length === count) end();
      },
    });
    connection.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
      JSON.stringify({ batch: count, no_wait: true }),
      { reply: inbox },
    );
  });
}
