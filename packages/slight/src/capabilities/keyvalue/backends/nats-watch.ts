import type { NatsClient } from '../../../clients/nats.ts';
import type { Change, KeyValueWatch, Versioned, WatchTarget } from '../contract.ts';
import { makeExpiries } from '../expiries.ts';
import { lookAtPending, makePending, watchBy } from '../watch.ts';
import { expiresHeader } from './nats-headers.ts';
import type { Bucket } from './nats-bucket.ts';

/** Watches by a consumer of the bucket's stream, which goes on where it was after the connection was lost. */
export async function watchBucket(
  client: NatsClient,
  bucket: Bucket,
  target: WatchTarget,
  look: (key: string) => Promise<{ readonly found: Versioned | undefined }>,
): Promise<KeyValueWatch> {
  const pending = makePending();
  let wake: () => void = () => undefined;
  const tell = (key: string): void => {
    pending.add({ key, change: 'set' });
    wake();
  };
  const expiries = makeExpiries(tell);
  const messages = await client.ask(false, async ({ jetstream }) => {
    const consumer = await jetstream.consumers.get(bucket.stream, {
      filter_subjects: 'key' in target ? bucket.subjectOf(target.key) : bucket.all,
      headers_only: true,
      // Of what is there already, only when it ends is news.
      deliver_policy: 'last_per_subject',
    });
    let old = (await consumer.info()).num_pending;
    return consumer.consume({
      callback(message) {
        const key = bucket.keyOf(message.subject);
        const isNews = old-- <= 0;
        if (key === undefined || ('prefix' in target && !key.startsWith(target.prefix))) return;
        const expires = message.headers?.get(expiresHeader) ?? '';
        expiries.note(key, expires === '' ? undefined : Number(expires));
        if (isNews) tell(key);
      },
    });
  });

  /** A message says that something happened to a key; what is there now is asked for when it is told. */
  async function describe(key: string): Promise<Change> {
    const { found } = await look(key);
    return found === undefined ? { key, change: 'delete' } : { key, change: 'set', version: found.version };
  }

  return watchBy(lookAtPending(pending, describe), (ring) => {
    wake = ring;
    return () => {
      messages.stop();
      expiries.close();
    };
  });
}
