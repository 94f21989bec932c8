import type { MsgHdrs } from '@nats-io/transport-node';
import type { NatsClient } from '../../../clients/nats.ts';
import type { KeyPage, KeysOptions } from '../contract.ts';
import { brokenCursor } from '../validate.ts';
import type { Bucket } from './nats-bucket.ts';

/** Messages that one page looks at, at most. */
const mostLooked = 20_000;
/** Milliseconds for messages that the server has said are there. */
const longestFetch = 5_000;

/**
 * Lists a bucket in the order of its stream: what is written again meanwhile comes once more, further back. The cursor is the number
 * of the message to go on with.
 */
export async function listBucket(
  client: NatsClient,
  bucket: Bucket,
  { prefix = '', cursor, limit = 1_000 }: KeysOptions,
  isThere: (head: MsgHdrs) => boolean,
): Promise<KeyPage> {
  if (cursor !== undefined && !/^[1-9]\d{0,14}$/.test(cursor)) throw brokenCursor();
  return client.ask(false, async ({ jetstream, manager }) => {
    const consumer = await jetstream.consumers.get(bucket.stream, {
      filter_subjects: bucket.all,
      headers_only: true,
      inactive_threshold: 30_000 * 1_000_000,
      ...(cursor === undefined
        ? { deliver_policy: 'all' }
        : { deliver_policy: 'by_start_sequence', opt_start_seq: Number(cursor) }),
    });
    const { num_pending: pending, name } = await consumer.info();
    const found = new Set<string>();
    let left = pending;
    let looked = 0;
    let last = 0;
    while (left > 0 && found.size < limit && looked < mostLooked) {
      const count = Math.min(left, limit, 500);
      const messages = await consumer.fetch({ max_messages: count, expires: longestFetch });
      let got = 0;
      for await (const message of messages) {
        got++;
        last = message.seq;
        const key = bucket.keyOf(message.subject);
        if (key !== undefined && key.startsWith(prefix) && isThere(message.headers!)) found.add(key);
        if (message.info.pending === 0) left = got;
        if (got === count) break;
      }
      // What was written again meanwhile is further back, so there may be fewer.
      if (got === 0) break;
      left -= got;
      looked += got;
    }
    void manager.consumers.delete(bucket.stream, name).catch(() => undefined);
    return left > 0 && last > 0 ? { keys: [...found], cursor: String(last + 1) } : { keys: [...found] };
  });
}
