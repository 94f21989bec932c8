import type { Delivery } from '../contract.ts';
import { noteOf, withDeliveries, type Defects } from './defect.ts';

const whole = 'a message arrives as it was published';
const matching = 'a message reaches every group that has its topic, and no other';
const again = 'a group that is subscribed again has its new topics, and what it had';
const listed = 'groups are those that were made and not removed; a removed one keeps nothing';
const refused = 'what cannot be published is invalid-argument, and reaches nobody';
const badIds = "an id is its name's own, and one that cannot be is invalid-argument";
const repeated = 'a publish with an id that was there does nothing, whoever repeats it';

export const publishDefects: Defects = {
  'headers are dropped': {
    breaks: [whole],
    backend: (raw) => withDeliveries(raw, (delivery) => ({ ...delivery, headers: [] })),
  },
  'keys are dropped': {
    breaks: [whole],
    backend: (raw) => withDeliveries(raw, ({ key: _key, ...delivery }) => delivery),
  },
  'bodies are text': {
    breaks: [whole],
    backend: (raw) =>
      withDeliveries(raw, (delivery) => ({
        ...delivery,
        body: Buffer.from(Buffer.from(delivery.body).toString()),
      })),
  },
  'a delivery has an id of its own': {
    breaks: [whole, 'a nack brings the same message again, as the next attempt, and not before its delay'],
    backend: (raw) =>
      withDeliveries(raw, (delivery) => ({ ...delivery, id: `${delivery.id}-${delivery.attempt}` })),
  },
  'long bodies are cut': {
    breaks: ['the largest body arrives'],
    backend: ({ publish }) => ({
      publish: (topic, body, options) => publish(topic, body.slice(0, 64 * 1024), options),
    }),
  },
  'bytes are not copied': {
    breaks: ['what the publisher does to its bytes afterwards changes nothing'],
    backend: (raw, notes) => ({
      async publish(topic, body, options) {
        const id = await raw.publish(topic, body, options);
        notes.set(id, body);
        return id;
      },
      ...withDeliveries(raw, (delivery) => ({ ...delivery, body: notes.get(delivery.id) })),
    }),
  },
  'every group gets everything': {
    breaks: [matching],
    backend: ({ subscribe }) => ({ subscribe: (group) => subscribe(group, ['>']) }),
  },
  'a pattern stands for its whole beginning': {
    breaks: [matching],
    backend: ({ subscribe }) => ({
      subscribe: (group, topics) =>
        subscribe(
          group,
          topics.map((topic) => topic.replace(/\*$/, '>')),
        ),
    }),
  },
  'one group of several gets a message': {
    breaks: [matching, 'what one group answers is nothing to another'],
    backend: (raw, notes) => ({
      async receive(group, options) {
        const mine: Delivery[] = [];
        for (const delivery of await raw.receive(group, options)) {
          const owner = noteOf(notes, delivery.id, () => group);
          if (owner === group) mine.push(delivery);
          else await raw.ack([delivery.receipt]);
        }
        return mine;
      },
    }),
  },
  'a new group gets what was published before': {
    breaks: ['a group has what is published since it was made, and nothing from before'],
    backend(raw, notes) {
      const log = noteOf<(() => unknown)[]>(notes, 'log', () => []);
      return {
        publish(topic, body, options) {
          log.push(() => raw.publish(topic, body, options));
          return raw.publish(topic, body, options);
        },
        async subscribe(group, topics) {
          await raw.subscribe(group, topics);
          for (const repeat of log) await repeat();
        },
      };
    },
  },
  'a group keeps its first topics': {
    breaks: [again],
    backend: ({ subscribe, groups }) => ({
      async subscribe(group, topics) {
        if (!(await groups()).some(({ name }) => name === group)) await subscribe(group, topics);
      },
    }),
  },
  'a group that is subscribed again is emptied': {
    breaks: [again],
    backend: ({ subscribe, unsubscribe }) => ({
      async subscribe(group, topics) {
        await unsubscribe(group);
        await subscribe(group, topics);
      },
    }),
  },
  'a group is not removed': { breaks: [listed], backend: () => ({ unsubscribe: () => undefined }) },
  'a group that is missing is empty': {
    breaks: [listed],
    backend: ({ receive }) => ({
      async receive(group, options) {
        try {
          return await receive(group, options);
        } catch {
          return [];
        }
      },
    }),
  },
  'each member gets everything': {
    breaks: ['members of a group compete: each message goes to one of them'],
    backend(raw, notes) {
      const mine = noteOf(notes, 'opens', () => ({ count: 0 })).count++;
      const name = (group: string) => (mine === 0 ? group : `${group}-${mine}`);
      return {
        async subscribe(group, topics) {
          await raw.subscribe(group, topics);
          await raw.subscribe(`${group}-1`, topics);
        },
        receive: (group, options) => raw.receive(name(group), options),
      };
    },
  },
  'all names are one': {
    breaks: [
      'two names share neither messages nor groups nor receipts',
      badIds,
      'broadcasts of another name are not heard, and what cannot be is invalid-argument',
    ],
    rename: () => 'one',
  },
  'a queue has no group of its own': {
    breaks: ['a queue has one group from the start, which gets everything, and no other'],
    settings: { queue: false },
  },
  'what is published is not checked': {
    breaks: [refused, badIds],
    guest: (_portable, raw) => ({ publish: (...given) => raw.publish(...given) }),
  },
  'groups are not checked': {
    breaks: ['what cannot be a group, a pattern or a wait is invalid-argument'],
    guest: (_portable, raw) => ({ subscribe: (...given) => raw.subscribe(...given) }),
  },
  'what is closed goes on': {
    breaks: ['what is closed is cancelled'],
    guest: () => ({ close: () => undefined }),
  },
  'a delay is ignored': {
    breaks: ['a delayed message comes, and not before', 'a delay holds back what follows under its key'],
    backend: ({ publish }) => ({
      publish: (topic, body, { delay: _delay, ...options } = {}) => publish(topic, body, options),
    }),
  },
  'a message that waits stops its group': {
    breaks: ['a message that waits does not hide those that are due'],
    backend: ({ publish, receive }, notes) => ({
      publish(topic, body, options = {}) {
        if (options.delay !== undefined) notes.set('until', Date.now() + options.delay);
        return publish(topic, body, options);
      },
      receive: (group, options) => (Date.now() < notes.get('until') ? [] : receive(group, options)),
    }),
  },
  'ids of publishes are not remembered': {
    breaks: [repeated, 'of publishes with one id at once one counts'],
    backend: (raw, notes) => ({
      async publish(topic, body, { id, ...options } = {}) {
        const own = await raw.publish(topic, body, options);
        if (id !== undefined) notes.set(own, id);
        return id ?? own;
      },
      ...withDeliveries(raw, (delivery) => ({ ...delivery, id: notes.get(delivery.id) ?? delivery.id })),
    }),
  },
  'an id is remembered for its topic': {
    breaks: [repeated],
    backend: ({ publish }) => ({
      async publish(topic, body, { id, ...options } = {}) {
        if (id === undefined) return publish(topic, body, options);
        await publish(topic, body, { ...options, id: `${topic} ${id}` });
        return id;
      },
    }),
  },
};
