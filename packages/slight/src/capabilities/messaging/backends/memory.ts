import { randomUUID } from 'node:crypto';
import { defineBackend, type OpenContext } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import { publishOnceWindow } from '../contract.ts';
import type { Header, Listener, Message, Messaging, MessagingFeature } from '../contract.ts';
import { makeEar } from '../ear.ts';
import { readSettings } from '../settings.ts';
import { matchesAny } from '../topics.ts';
import { brokenCursor, expiredReceipts, noGroup } from '../validate.ts';
import { takeWithin } from '../wait.ts';
import { makeMemoryGroup, type Buried, type MemoryGroup } from './memory-group.ts';

/** What all opens of one name in this process share. It lives while one of them is open. */
interface Shared {
  readonly groups: Map<string, MemoryGroup>;
  /** Ids that were published with, and when, the oldest first. */
  readonly published: Map<string, number>;
  readonly requests: Map<string, (reply: Message) => void>;
  readonly listeners: Set<(message: Message) => void>;
  /** Who waits for a group or a broadcast. */
  readonly waiting: Set<() => void>;
  opens: number;
}

const places = new Map<string, Shared>();

/** Keeps messages in this process only: for tests and trying things out. */
export const memory = defineBackend<Messaging, MessagingFeature>({
  scheme: 'memory',
  capability: 'messaging',
  doc: 'Messages in the memory of the host process; gone when it ends.',
  features: new Set(['groups', 'ordered', 'delay', 'publish-once', 'dead-letters', 'broadcast', 'request']),
  config: {},
  singleProcess: true,
  open: openMemory,
});

function openMemory({ name, dataDir, config }: OpenContext): Messaging {
  const { lease, order } = readSettings(config);
  const id = `${dataDir}\0${name}`;
  const shared: Shared = places.get(id) ?? {
    groups: new Map(),
    published: new Map(),
    requests: new Map(),
    listeners: new Set(),
    waiting: new Set(),
    opens: 0,
  };
  places.set(id, shared);
  shared.opens++;
  const { groups, published, requests } = shared;
  let closed = false;

  function find(group: string): MemoryGroup {
    const found = groups.get(group);
    if (found === undefined) throw noGroup(group);
    return found;
  }

  /** Receipts begin with their group, whose names have no dots. */
  function open(receipt: string): readonly [group: MemoryGroup | undefined, own: string] {
    const dot = receipt.indexOf('.');
    return [groups.get(receipt.slice(0, dot)), receipt.slice(dot + 1)];
  }

  function settle(receipts: readonly string[], use: (group: MemoryGroup, own: string) => void): void {
    const expired: string[] = [];
    for (const receipt of receipts) {
      const [group, own] = open(receipt);
      if (group?.find(own) === undefined) expired.push(receipt);
      else use(group, own);
    }
    wakeAll(shared);
    if (expired.length > 0) throw expiredReceipts(expired);
  }

  function send(message: Message, delay: number, wantsReply: boolean): number {
    const meant = [...groups.values()].filter(({ topics }) => matchesAny(topics, message.topic));
    for (const group of meant) group.add(message, delay, wantsReply);
    if (meant.length > 0) wakeAll(shared);
    return meant.length;
  }

  return {
    publish(topic, body, { id: given, delay = 0, ...options } = {}) {
      const message = makeMessage(given ?? randomUUID(), topic, body, options);
      if (given !== undefined && !remember(published, given)) return given;
      send(message, delay, false);
      return message.id;
    },
    subscribe(group, topics) {
      const known = groups.get(group);
      if (known !== undefined) known.topics = topics;
      else groups.set(group, makeMemoryGroup(group, topics, lease, order === 'key'));
    },
    unsubscribe(group) {
      groups.delete(group);
      wakeAll(shared);
    },
    groups: () => Array.from(groups, ([group, { topics }]) => ({ name: group, topics })),
    receive(group, { max = 1, wait = 0, signal } = {}) {
      find(group);
      return takeWithin(
        wait,
        {
          take: () =>
            closed
              ? []
              : find(group)
                  .take(max)
                  .map((delivery) => ({ ...delivery, receipt: `${group}.${delivery.receipt}` })),
          listen: (wake) => waitHere(shared, wake),
          due: () => groups.get(group)?.due(),
          over: () => closed,
        },
        signal,
      );
    },
    ack: (receipts) => settle(receipts, (group, own) => group.ack(own)),
    nack: (receipt, { delay = 0 } = {}) =>
      settle([receipt], (group, own) => group.giveBack(own, delay, true)),
    dead: (receipt, reason) => settle([receipt], (group, own) => group.bury(own, reason)),
    extend: (receipts) => settle(receipts, (group, own) => group.extend(own)),
    release(receipts) {
      for (const receipt of receipts) {
        const [group, own] = open(receipt);
        group?.giveBack(own, 0, false);
      }
      wakeAll(shared);
    },

    broadcast(topic, body, headers) {
      const message = makeMessage(randomUUID(), topic, body, headers && { headers });
      for (const hear of shared.listeners) hear(message);
    },
    listen: (topics) => makeListener(shared, topics),

    request(topic, body, { wait, headers }) {
      const message = makeMessage(randomUUID(), topic, body, headers && { headers });
      if (send(message, 0, true) === 0)
        throw new CapabilityError('not-found', 'no group has this topic, so nobody would answer');
      return new Promise<Message>((resolve, reject) => {
        const timer = setTimeout(() => {
          requests.delete(message.id);
          reject(new CapabilityError('timeout', `no reply within ${wait} ms`, { outcome: 'unknown' }));
        }, wait);
        requests.set(message.id, (reply) => {
          clearTimeout(timer);
          requests.delete(message.id);
          resolve(reply);
        });
      });
    },
    reply(receipt, body, headers) {
      settle([receipt], (group, own) => {
        const { message, wantsReply } = group.find(own)!;
        if (!wantsReply) throw new CapabilityError('precondition-failed', 'this message wants no reply');
        group.ack(own);
        const reply = makeMessage(randomUUID(), message.topic, body, headers && { headers });
        requests.get(message.id)?.(reply);
      });
    },

    count: (group) => find(group).count(),
    deadLetters(group, { cursor, limit = 100 } = {}) {
      if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) throw brokenCursor();
      const rest = find(group).dead.filter(({ seq }) => seq > Number(cursor ?? 0));
      const letters = rest.slice(0, limit).map(({ letter }) => ({ ...letter, body: letter.body.slice() }));
      return rest.length > limit ? { letters, cursor: String(rest[limit - 1]!.seq) } : { letters };
    },
    redrive(group, ids) {
      const found = find(group);
      const back = takeOut(found.dead, ids);
      for (const { letter } of back) {
        const { attempts: _attempts, reason: _reason, at: _at, ...message } = letter;
        found.add(message, 0, false);
      }
      wakeAll(shared);
      return back.length;
    },
    purge: (group, ids) => takeOut(find(group).dead, ids).length,
    ping: () => undefined,
    close() {
      closed = true;
      wakeAll(shared);
      if (--shared.opens === 0) places.delete(id);
    },
  };
}

function makeMessage(
  id: string,
  topic: string,
  body: Uint8Array,
  { headers = [], key }: { readonly headers?: readonly Header[]; readonly key?: string } = {},
): Message {
  return { id, topic, ...(key !== undefined && { key }), headers, body: body.slice() };
}

/** False where it was there. */
function remember(published: Map<string, number>, id: string): boolean {
  const now = Date.now();
  for (const [old, at] of published) {
    if (at > now - publishOnceWindow) break;
    published.delete(old);
  }
  if (published.has(id)) return false;
  published.set(id, now);
  return true;
}

function waitHere({ waiting }: Shared, wake: () => void): () => void {
  waiting.add(wake);
  return () => void waiting.delete(wake);
}

function wakeAll({ waiting }: Shared): void {
  for (const wake of waiting) wake();
}

/** Those with these ids, or all. */
function takeOut(from: Buried[], ids: readonly string[] | undefined): Buried[] {
  if (ids === undefined) return from.splice(0);
  const wanted = new Set(ids);
  const out = from.filter(({ letter }) => wanted.has(letter.id));
  from.splice(0, from.length, ...from.filter(({ letter }) => !wanted.has(letter.id)));
  return out;
}

function makeListener(shared: Shared, topics: readonly string[]): Listener {
  const ear = makeEar(topics);
  const hear = (message: Message): void =>
    ear.hear(message.topic, () => ({ ...message, body: message.body.slice() }));
  shared.listeners.add(hear);
  return ear.listener(() => void shared.listeners.delete(hear));
}
