import type { ConsumerMessages } from '@nats-io/jetstream';
import type { NatsClient } from '../../../clients/nats.ts';
import type { Change, KeyValueWatch, Versioned, WatchTarget } from '../contract.ts';
import { makeExpiries } from '../expiries.ts';
import { lookAtPending, makePending, watchBy } from '../watch.ts';
import { expiresHeader } from './nats-headers.ts';
import type { Bucket } from './nats-bucket.ts';

/** Milliseconds of one pull of the consumer: one that the server has forgotten is missed after that. */
const longestPull = 5_000;
/** Milliseconds until another try, where the server is back but cannot be asked yet. */
const pause = 250;

/**
 * Watches by a consumer of the bucket's stream. After the connection was lost it is made anew, since the server may have
 * forgotten it; what was deleted meanwhile has left nothing to be told of, so all is to be read again.
 */
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
  const lose = (): void => {
    pending.lose();
    wake();
  };
  const expiries = makeExpiries(tell);

  const begin = (): Promise<ConsumerMessages> =>
    client.ask(false, async ({ jetstream, manager }) => {
      const consumer = await jetstream.consumers.get(bucket.stream, {
        filter_subjects: 'key' in target ? bucket.subjectOf(target.key) : bucket.all,
        headers_only: true,
        // Of what is there already, only when it ends is news.
        deliver_policy: 'last_per_subject',
      });
      const { state } = await manager.streams.info(bucket.stream);
      return consumer.consume({
        expires: longestPull,
        callback(message) {
          const key = bucket.keyOf(message.subject);
          if (key === undefined || ('prefix' in target && !key.startsWith(target.prefix))) return;
          const expires = message.headers?.get(expiresHeader) ?? '';
          expiries.note(key, expires === '' ? undefined : Number(expires));
          if (message.seq > state.last_seq) tell(key);
        },
      });
    });

  let messages = await begin();
  let turn = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  follow(messages);

  /** The library makes a consumer anew, too, where the server says that it is gone. */
  function follow(running: ConsumerMessages): void {
    void (async () => {
      for await (const { type } of running.status()) if (type === 'ordered_consumer_recreated') lose();
    })();
  }

  async function beginAgain(): Promise<void> {
    const mine = ++turn;
    messages.stop();
    clearTimeout(timer);
    try {
      const next = await begin();
      if (closed || mine !== turn) return void next.stop();
      follow((messages = next));
      lose();
    } catch {
      if (!closed && mine === turn) timer = setTimeout(() => void beginAgain(), pause).unref();
    }
  }

  /** A message says that something happened to a key; what is there now is asked for when it is told. */
  async function describe(key: string): Promise<Change> {
    const { found } = await look(key);
    return found === undefined ? { key, change: 'delete' } : { key, change: 'set', version: found.version };
  }

  const stay = client.onReturn(() => void beginAgain());
  return watchBy(lookAtPending(pending, describe), (ring) => {
    wake = ring;
    return () => {
      closed = true;
      stay();
      clearTimeout(timer);
      messages.stop();
      expiries.close();
    };
  });
}
