import { json, openStore, router } from '@spiderlightning/guest';
import type { MessageHandler } from '@spiderlightning/guest';

// An app that notes the messages that it gets, and does with them what their bodies say.

const seen = openStore('seen');
const recurse = (): number => 1 + recurse();

export const onMessage: MessageHandler = async (message) => {
  const { what, last = 0 } = message.json<{ what: string; last?: number }>();
  const count = await seen.increment('count');
  await seen.setJson(`seen/${String(count).padStart(6, '0')}`, {
    id: message.id,
    what,
    topic: message.topic,
    attempt: message.attempt,
    key: message.key,
    subscription: message.subscription,
    traceparent: message.header('traceparent'),
  });
  // What it does so many times, and then no more.
  if (last > 0 && message.attempt >= last) return;
  switch (what) {
    case 'throw':
      throw new Error('as it was told');
    case 'trap':
      recurse();
      return;
    case 'loop':
      for (;;);
    case 'wait':
      await new Promise((done) => setTimeout(done, 60_000));
      return;
    case 'slow':
      // Longer than its lease.
      await new Promise((done) => setTimeout(done, 3_000));
      return;
    case 'nack':
      return message.nack(50);
    case 'dead':
      return message.dead('no order');
  }
};

export default router().get('/', async () => json('hello'));
