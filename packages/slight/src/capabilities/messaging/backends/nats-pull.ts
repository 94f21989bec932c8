import type { Msg } from '@nats-io/transport-node';
import type { NatsClient } from '../../../clients/nats.ts';
import { CapabilityError } from '../../core/error.ts';

/** Nobody answers for a consumer: it is gone, or its servers have yet to agree who leads. */
export class UnansweredError extends CapabilityError {
  constructor() {
    super(
      'unavailable',
      'nobody answers for the group: its servers have yet to agree who leads, or are on their way',
    );
  }
}

/**
 * Asks a consumer for what it has now, at most `count`. The library's own pulls wait for a second at least.
 * https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-13.md
 * @param timeout milliseconds
 * @throws {CapabilityError} `timeout` where the server says nothing @throws {UnansweredError}
 */
export function pull(
  { connection }: NatsClient,
  stream: string,
  consumer: string,
  count: number,
  timeout: number,
): Promise<Msg[]> {
  return new Promise((resolve, reject) => {
    const messages: Msg[] = [];
    const inbox = `_INBOX.slight.${crypto.randomUUID()}`;
    const end = (): void => {
      clearTimeout(timer);
      subscription.unsubscribe();
      resolve(messages);
    };
    const fail = (error: Error): void => {
      // What came must reach its consumer.
      if (messages.length > 0) return end();
      clearTimeout(timer);
      subscription.unsubscribe();
      reject(error);
    };
    const timer = setTimeout(
      () => fail(new CapabilityError('timeout', 'NATS has not answered in time')),
      timeout,
    );
    const subscription = connection.subscribe(inbox, {
      callback(error, message) {
        if (error !== null) return fail(error);
        // What has a status and no body says that there is no more.
        const status = message.headers?.code ?? 0;
        if (status === 100) return;
        if (status === 503) return fail(new UnansweredError());
        if (status >= 400) return end();
        messages.push(message);
        if (messages.length === count) end();
      },
    });
    // The connection was closed, too.
    void subscription.closed.then(end);
    connection.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
      JSON.stringify({ batch: count, no_wait: true }),
      { reply: inbox },
    );
  });
}
