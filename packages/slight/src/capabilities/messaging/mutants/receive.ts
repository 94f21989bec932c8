import { setTimeout as sleep } from 'node:timers/promises';
import { CapabilityError } from '../../core/error.ts';
import { noteOf, withDeliveries, type Defects } from './defect.ts';

const nacked = 'a nack brings the same message again, as the next attempt, and not before its delay';
const backoff = 'without a delay a nack waits for the backoff, which doubles';
const released = 'what is released is there at once, and the attempt does not count';
const lateReceipt = 'when a lease ends another member gets the message, and the old receipt is worth nothing';
const oneKey = 'of a key one message is out at a time, the oldest; other keys go on';

/** Calls, whatever they fail with. */
async function quietly(call: () => unknown): Promise<void> {
  try {
    await call();
  } catch {
    // That is the defect.
  }
}

export const receiveDefects: Defects = {
  'waits are short': {
    breaks: ['a wait ends when a message comes, from whoever opened the same name'],
    backend: ({ receive }) => ({
      receive: (group, options = {}) => receive(group, { ...options, wait: Math.min(options.wait ?? 0, 10) }),
    }),
  },
  'nothing ends a wait but its time': {
    breaks: ['a wait ends when a message comes, from whoever opened the same name'],
    backend: ({ receive }) => ({
      async receive(group, { wait = 0, ...options } = {}) {
        const now = await receive(group, options);
        if (now.length > 0) return now;
        await sleep(wait, undefined, options.signal && { signal: options.signal }).catch(() => undefined);
        return receive(group, options);
      },
    }),
  },
  'an abort is an error': {
    breaks: ['a wait ends with nothing when it is over, when its signal aborts, and when it is closed'],
    backend: ({ receive }) => ({
      async receive(group, options) {
        const received = await receive(group, options);
        options?.signal?.throwIfAborted();
        return received;
      },
    }),
  },
  'an abort is not heard': {
    breaks: ['a wait ends with nothing when it is over, when its signal aborts, and when it is closed'],
    backend: ({ receive }) => ({
      receive: (group, { signal: _signal, ...options } = {}) => receive(group, options),
    }),
  },
  'more is given than was asked for': {
    breaks: ['a receive gives what was asked for at most, each message once'],
    backend: ({ receive }) => ({ receive: (group, options) => receive(group, { ...options, max: 100 }) }),
  },
  'what is out is given out again': {
    breaks: [
      'a receive gives what was asked for at most, each message once',
      'members of a group compete: each message goes to one of them',
    ],
    backend: ({ receive, release }) => ({
      async receive(group, options) {
        const received = await receive(group, options);
        await release(received.map(({ receipt }) => receipt));
        return received;
      },
    }),
  },
  'acks are forgotten': {
    breaks: ['what was acked does not come again, also when its lease would have ended'],
    backend: () => ({ ack: () => undefined }),
  },
  'a nack is an ack': { breaks: [nacked], backend: ({ ack }) => ({ nack: (receipt) => ack([receipt]) }) },
  'a nack knows no delay': {
    breaks: [nacked, backoff, 'a nack holds its key back until the message comes again, and nothing else'],
    backend: ({ nack }) => ({ nack: (receipt) => nack(receipt, { delay: 0 }) }),
  },
  'attempts are not counted': {
    breaks: [nacked, lateReceipt],
    backend: (raw) => withDeliveries(raw, (delivery) => ({ ...delivery, attempt: 1 })),
  },
  'there is no backoff': { breaks: [backoff], settings: { backoff: 0 } },
  'the backoff does not double': {
    breaks: [backoff],
    guest: ({ nack }) => ({ nack: (receipt, options) => nack(receipt, { delay: 100, ...options }) }),
  },
  'a nack goes to the topic': {
    breaks: ['what one group answers is nothing to another'],
    backend: (raw, notes) => ({
      ...withDeliveries(raw, (delivery) => {
        notes.set(delivery.receipt, delivery);
        return delivery;
      }),
      async nack(receipt) {
        const { topic, body } = notes.get(receipt);
        await raw.ack([receipt]);
        await raw.publish(topic, body);
      },
    }),
  },
  'leases do not end': {
    breaks: [lateReceipt],
    settings: { lease: 3_600_000 },
  },
  'late answers are believed': {
    breaks: [
      lateReceipt,
      'a receipt whose lease has ended is worth nothing, also before somebody else has the message',
      'an ack of many settles those that hold, and names the others',
      'two names share neither messages nor groups nor receipts',
      'a request gets the reply, and its message is done',
    ],
    guest: ({ ack }) => ({ ack: (receipts) => quietly(() => ack(receipts)) }),
  },
  'leases are not extended': {
    breaks: ['a lease that is extended lasts'],
    backend: () => ({ extend: () => undefined }),
  },
  'what is released counts': {
    breaks: [released],
    backend: ({ nack }) => ({
      async release(receipts) {
        for (const receipt of receipts) await quietly(() => nack(receipt, { delay: 0 }));
      },
    }),
  },
  'what is released waits for the end of its lease': {
    breaks: [released],
    settings: { lease: 60_000 },
    backend: () => ({ release: () => undefined }),
  },
  'to release what has ended is an error': {
    breaks: [released],
    guest: ({ extend, release }) => ({
      async release(receipts) {
        await extend(receipts);
        await release(receipts);
      },
    }),
  },
  'an ack of many is all or nothing': {
    breaks: ['an ack of many settles those that hold, and names the others'],
    guest: ({ ack, extend }) => ({
      async ack(receipts) {
        await extend(receipts);
        await ack(receipts);
      },
    }),
  },
  'keys have no order': {
    breaks: [
      oneKey,
      'a nack holds its key back until the message comes again, and nothing else',
      'a key goes on when its message is dead, released, or its lease has ended',
      'a delay holds back what follows under its key',
      'however many compete, a key is worked on in its order',
    ],
    settings: { order: 'none' },
  },
  'no key is a key, too': {
    breaks: ['messages without a key have no order to keep'],
    backend: ({ publish }) => ({
      publish: (topic, body, options) => publish(topic, body, { key: 'none', ...options }),
    }),
  },
  'a dead message keeps its key': {
    breaks: ['a key goes on when its message is dead, released, or its lease has ended'],
    backend: ({ nack }) => ({ dead: (receipt) => nack(receipt, { delay: 3_600_000 }) }),
  },
  'a key is out in one group at a time': {
    breaks: ['each group keeps an order of its own'],
    backend(raw, notes) {
      const owners = noteOf(notes, 'owners', () => new Map<string, string>());
      return withDeliveries(raw, (delivery) => {
        const owner = owners.get(delivery.key ?? '') ?? delivery.group;
        owners.set(delivery.key ?? '', owner);
        return owner === delivery.group ? delivery : undefined;
      });
    },
  },
  'a reply loses its headers': {
    breaks: ['a request gets the reply, and its message is done'],
    backend: ({ reply }) => ({ reply: (receipt, body) => reply(receipt, body) }),
  },
  'a request for nobody waits': {
    breaks: ['a request that nobody answers is a timeout, and one for nobody is not-found'],
    backend: ({ request }) => ({
      async request(topic, body, options) {
        try {
          return await request(topic, body, options);
        } catch {
          throw new CapabilityError('timeout', 'no reply');
        }
      },
    }),
  },
  'everything takes a reply': {
    breaks: ['what wants no reply takes none'],
    backend: ({ reply }) => ({ reply: (...given) => quietly(() => reply(...given)) }),
  },
};
