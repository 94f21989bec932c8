import type { DeadLetterPage } from '../contract.ts';
import { noteOf, withDeliveries, type Defects } from './defect.ts';

const arrival =
  'a message that was not done after so many attempts is dead on arrival, and no member sees it again';
const silent = 'attempts whose consumer fell silent count';
const shown = 'dead letters are shown whole, a page at a time, the oldest first';
const redriven = 'dead letters that are sent again begin anew, in their group alone';
const purged = 'dead letters that are thrown away are gone, the named ones or all';

export const deadDefects: Defects = {
  'nobody decides on dead letters': { breaks: [arrival, silent], settings: { attempts: 1_000 } },
  'a message gets one attempt more': {
    breaks: [arrival],
    settings: { attempts: 3 },
  },
  'only a nack counts as an attempt': {
    breaks: [silent],
    backend(raw, notes) {
      const nacks = noteOf(notes, 'nacks', () => new Map<string, number>());
      return {
        ...withDeliveries(raw, (delivery) => {
          notes.set(delivery.receipt, delivery.id);
          return { ...delivery, attempt: 1 + (nacks.get(delivery.id) ?? 0) };
        }),
        nack(receipt, options) {
          const id = notes.get(receipt) as string;
          nacks.set(id, (nacks.get(id) ?? 0) + 1);
          return raw.nack(receipt, options);
        },
      };
    },
  },
  'what a receive grants is ignored': {
    breaks: ['a receive may say how many attempts it grants'],
    guest: ({ receive }) => ({
      receive: (group, { attempts: _attempts, ...options } = {}) => receive(group, options),
    }),
  },
  'pages of dead letters begin at an offset': {
    breaks: [shown],
    backend: ({ deadLetters }) => ({
      async deadLetters(group, { cursor = '0', limit = 100 } = {}): Promise<DeadLetterPage> {
        const { letters } = await deadLetters(group, { limit: 1_000 });
        const end = Number(cursor) + limit;
        const page = { letters: letters.slice(Number(cursor), end) };
        return end < letters.length ? { ...page, cursor: String(end) } : page;
      },
    }),
  },
  'a dead letter has no reason': {
    breaks: [shown, arrival],
    backend: ({ dead }) => ({ dead: (receipt) => dead(receipt, '') }),
  },
  'the newest dead letter comes first': {
    breaks: [shown],
    backend: ({ deadLetters }) => ({
      async deadLetters(group, options) {
        const page = await deadLetters(group, options);
        return { ...page, letters: page.letters.toReversed() };
      },
    }),
  },
  'what is sent again goes to every group': {
    breaks: [redriven],
    backend: (raw) => ({
      async redrive(group, ids) {
        const { letters } = await raw.deadLetters(group, { limit: 1_000 });
        const meant = letters.filter(({ id }) => ids?.includes(id) ?? true);
        for (const { topic, body, id: _id, ...rest } of meant) await raw.publish(topic, body, rest);
        return raw.purge(
          group,
          meant.map(({ id }) => id),
        );
      },
    }),
  },
  'all dead letters are sent again': {
    breaks: [redriven],
    backend: ({ redrive }) => ({ redrive: (group) => redrive(group) }),
  },
  'all dead letters are thrown away': {
    breaks: [purged],
    backend: ({ purge }) => ({ purge: (group) => purge(group) }),
  },
  'dead letters are thrown away in all groups': {
    breaks: [purged],
    backend: ({ purge, groups }) => ({
      async purge(group, ids) {
        const count = await purge(group, ids);
        for (const { name } of await groups()) await purge(name, ids);
        return count;
      },
    }),
  },
  'what is out counts as waiting': {
    breaks: ['what a group has is counted: what waits, what is out, and what is dead'],
    backend: ({ count }) => ({
      async count(group) {
        const { waiting, leased, dead } = await count(group);
        return { waiting: waiting + leased, leased: 0, dead };
      },
    }),
  },
  'nothing survives': {
    breaks: [
      'what was confirmed is there after everything was closed',
      'what was confirmed is there after the server came back',
    ],
    forgets: true,
  },
  'attempts begin anew after a restart': {
    breaks: [
      'what was confirmed is there after everything was closed',
      'what was confirmed is there after the server came back',
    ],
    backend(raw) {
      const seen = new Map<string, number>();
      return withDeliveries(raw, (delivery) => {
        const attempt = (seen.get(delivery.id) ?? 0) + 1;
        seen.set(delivery.id, attempt);
        return { ...delivery, attempt };
      });
    },
  },
};
