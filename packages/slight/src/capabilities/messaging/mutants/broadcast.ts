import { setTimeout as sleep } from 'node:timers/promises';
import type { MaybePromise } from '../../core/backend.ts';
import type { Listener, Message, Messaging, MessagingFeature } from '../contract.ts';
import { noteOf, type Defect, type Defects } from './defect.ts';

const heard = 'a broadcast is heard by everyone who listens to its topic, once';
const bounded = 'a listener gives at most what was asked for, in the order of the sender';
const waits = 'a broadcast ends a wait; so does to close the listener, and what follows is cancelled';
const several = 'two may wait on one listener: each broadcast is for one of them, and its end for both';
const others = 'broadcasts of another name are not heard, and what cannot be is invalid-argument';
const apart = 'groups have no broadcasts, and listeners hear nothing that is published';

function withListener(
  change: (listener: Listener) => Partial<Listener>,
): (raw: Messaging) => Partial<Messaging> {
  return (raw) => ({
    async listen(topics) {
      const listener = await raw.listen(topics);
      const { next, close } = listener;
      return { next, close, ...change(listener) };
    },
  });
}

/** Does what it does not declare. */
function undeclared(feature: MessagingFeature, ...operations: (keyof Messaging)[]): Defect {
  return {
    breaks: [`\`${feature}\`, which is not declared, is unsupported`],
    lacks: [feature],
    guest: (_portable, raw) =>
      Object.fromEntries(
        operations.map((operation) => [
          operation,
          (...given: unknown[]) =>
            (raw[operation] as (...given: unknown[]) => MaybePromise<unknown>)(...given),
        ]),
      ),
  };
}

export const broadcastDefects: Defects = {
  'one listener hears a broadcast': {
    breaks: [heard],
    backend: (raw, notes) => {
      const taken = noteOf(notes, 'taken', () => new Set<string>());
      return withListener(({ next }) => ({
        async next(max, wait) {
          const messages = (await next(max, wait)).filter(({ id }) => !taken.has(id));
          for (const { id } of messages) taken.add(id);
          return messages;
        },
      }))(raw);
    },
  },
  'a broadcast is heard twice': {
    breaks: [heard],
    backend: withListener(({ next }) => {
      let last: readonly Message[] = [];
      return {
        async next(max, wait) {
          const repeat = last;
          last = [];
          if (repeat.length > 0) return repeat;
          return (last = await next(max, wait));
        },
      };
    }),
  },
  'listeners hear every topic': {
    breaks: [heard],
    backend: ({ listen }) => ({ listen: () => listen(['>']) }),
  },
  'a broadcast loses its headers': {
    breaks: [heard],
    backend: ({ broadcast }) => ({ broadcast: (topic, body) => broadcast(topic, body) }),
  },
  'a listener gives all it has': {
    breaks: [bounded],
    backend: withListener(({ next }) => ({ next: (_max, wait) => next(1_000, wait) })),
  },
  'the newest broadcast comes first': {
    breaks: [bounded],
    backend: withListener(({ next }) => ({
      next: async (max, wait) => (await next(max, wait)).toReversed(),
    })),
  },
  'listeners do not wait': {
    breaks: [waits],
    backend: withListener(({ next }) => ({ next: (max) => next(max, 0) })),
  },
  'nothing ends the wait of a listener but its time': {
    breaks: [waits, several],
    backend: withListener(({ next }) => ({
      async next(max, wait) {
        const now = await next(max, 0);
        if (now.length > 0) return now;
        await sleep(wait);
        return next(max, 0);
      },
    })),
  },
  'a closed listener goes on': {
    breaks: [waits],
    guest: withListener(({ next }) => ({
      async next(max, wait) {
        try {
          return await next(max, wait);
        } catch {
          return [];
        }
      },
    })),
  },
  'a broadcast wakes one who waits, who need not be the one to get it': {
    breaks: [several],
    backend: withListener(({ next }) => {
      let waiting = false;
      return {
        async next(max, wait) {
          if (waiting) return sleep(wait, []);
          waiting = true;
          try {
            return await next(max, wait);
          } finally {
            waiting = false;
          }
        },
      };
    }),
  },
  'broadcasts are not checked': {
    breaks: [others],
    guest: (_portable, raw) => ({ broadcast: (...given) => raw.broadcast(...given) }),
  },
  'what is published is broadcast': {
    breaks: [apart],
    backend: ({ publish, broadcast }) => ({
      async publish(topic, body, options) {
        await broadcast(topic, body);
        return publish(topic, body, options);
      },
    }),
  },
  'what is broadcast is published': {
    breaks: [apart],
    backend: ({ publish, broadcast }) => ({
      async broadcast(topic, body, headers) {
        await publish(topic, body);
        await broadcast(topic, body, headers);
      },
    }),
  },
  'groups without being declared': undeclared('groups', 'publish', 'receive', 'ack', 'nack', 'extend'),
  'delays without being declared': undeclared('delay', 'publish'),
  'ids without being declared': undeclared('publish-once', 'publish'),
  'dead letters without being declared': undeclared('dead-letters', 'count', 'deadLetters', 'purge'),
  'broadcasts without being declared': undeclared('broadcast', 'broadcast', 'listen'),
  'requests without being declared': undeclared('request', 'request'),
};
