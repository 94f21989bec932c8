import { randomUUID } from 'node:crypto';
import type { MsgHdrs } from '@nats-io/transport-node';
import { natsPackages, natsSettings, openNats } from '../../../clients/nats.ts';
import { readReplicas, replicasSetting } from '../../../clients/nats-replicas.ts';
import { defineBackend } from '../../core/backend.ts';
import type { OpenContext } from '../../core/backend.ts';
import { CapabilityError, failAfterWrite, finishAll } from '../../core/error.ts';
import type { Message, Messaging, MessagingFeature } from '../contract.ts';
import { readSettings } from '../settings.ts';
import { matchesAny } from '../topics.ts';
import { expiredReceipts } from '../validate.ts';
import { takeWithin } from '../wait.ts';
import { noteAcked } from './nats-acked.ts';
import { openDeadLetters } from './nats-dead-letters.ts';
import { openGroups } from './nats-groups.ts';
import { checkReplicas, layOut, makeStreams, toNanos } from './nats-layout.ts';
import { openLeases } from './nats-leases.ts';
import type { Lease } from './nats-leases.ts';
import { openListener } from './nats-listener.ts';
import { readInfo, readMeta, toMessage, writeMeta } from './nats-message.ts';
import type { Meta } from './nats-message.ts';
import { takeFrom } from './nats-receive.ts';

/** Messages on NATS: groups are consumers of JetStream, broadcasts go through the server alone. */
export const nats = defineBackend<Messaging, MessagingFeature>({
  scheme: 'nats',
  capability: 'messaging',
  doc: 'Messages on NATS with JetStream, with bodies of up to a million bytes: nats://user:password@host:port or nats://token@host:port, TLS with ?tls=true; several servers of a cluster: nats://user:password@a:4222,b:4222; credentials (a JWT, an nkey) stand beside the bind. A server that is killed forgets deliveries and acks of the last moment, half a second at most, whatever its settings: messages come again, also to who has acked them from another process.',
  features: new Set([
    'groups',
    'publish-once',
    'dead-letters',
    'broadcast',
    'request',
    'durable-server',
    'shared',
  ]),
  config: {
    ...natsSettings,
    replicas: replicasSetting('the messages, where this makes their streams'),
  },
  packages: natsPackages,
  severalHosts: true,
  open: openMessages,
});

/** Bytes. A message of NATS may have a million and some, headers and all. */
export const largestNatsBody = 1_000_000;
/** Milliseconds between two looks of who waits, where nothing was published: a retry or the end of a lease is not told. */
const lookEvery = 250;
/** Milliseconds from when a message passes by until its stream has it. */
const settling = 2;

async function openMessages(context: OpenContext): Promise<Messaging> {
  const { name, timeout, config } = context;
  const client = await openNats(context);
  const { lease } = readSettings(config);
  const layout = layOut(name);
  let headers: () => MsgHdrs;
  try {
    ({ headers } = await import('@nats-io/transport-node'));
    const replicas = readReplicas(config);
    checkReplicas(replicas, client.connection.info?.version);
    await client.ask(true, () => makeStreams(client, layout, replicas));
  } catch (error) {
    client.release();
    throw error;
  }
  const groups = openGroups(client, layout, lease, timeout);
  const leases = openLeases(layout.stream, lease);
  const letters = openDeadLetters(client, layout);
  const receiving = { client, layout, groups, leases, lease, timeout };
  const waiting = new Set<() => void>();
  const listeners = new Set<{ close(): void }>();
  let closed = false;

  async function store(subject: string, body: Uint8Array, meta: Meta, msgID?: string): Promise<void> {
    checkSize(body);
    await client.ask(true, ({ jetstream }) =>
      jetstream.publish(subject, body, {
        headers: writeMeta(headers(), meta),
        ...(msgID !== undefined && { msgID }),
      }),
    );
  }

  /**
   * Whether a message was published with this id. The server knows of it for as long as it runs, and afterwards of those that
   * some group has still to do; the others are written down.
   */
  async function wasPublished(id: string): Promise<boolean> {
    const query = { last_by_subj: layout.once(id) };
    return (await client.ask(false, ({ manager }) => manager.streams.getMessage(layout.ids, query))) !== null;
  }

  async function noteId(id: string): Promise<void> {
    await client.ask(true, ({ jetstream }) => jetstream.publish(layout.once(id), ''));
  }

  /** Says something about a delivery, and waits until the server has heard it. */
  async function answer(reply: string, what: string): Promise<void> {
    await client.ask(true, ({ connection }) => connection.request(reply, what, { timeout }));
  }

  /** Answers deliveries whose receipts hold; the others are told of afterwards. */
  async function settle(receipts: readonly string[], work: (held: Lease) => Promise<void>): Promise<void> {
    const held = receipts.flatMap((receipt) => leases.find(receipt) ?? []);
    await finishAll(held.map(work));
    const good = new Set(held.map(({ reply }) => reply));
    const expired = receipts.filter((receipt) => !good.has(receipt));
    if (expired.length > 0) throw expiredReceipts(expired);
  }

  async function end({ reply, consumer, sequence, released }: Lease, what: string): Promise<void> {
    await answer(reply, what);
    leases.remove(reply);
    if (what === '+ACK') noteAcked(readInfo({ reply }).which);
    if (released === 0 || what !== '+ACK') return;
    const filter = layout.released(consumer, sequence);
    void client
      .ask(true, ({ manager }) => manager.streams.purge(layout.groups, { filter }))
      .catch(() => undefined);
  }

  async function reach(topic: string): Promise<boolean> {
    return (await groups.list()).some(({ topics }) => matchesAny(topics, topic));
  }

  return {
    async publish(topic, body, { id: given, headers: own = [], key } = {}) {
      const id = given ?? randomUUID();
      if (given !== undefined && (await wasPublished(given))) return id;
      await store(
        layout.published(topic),
        body,
        { id, topic, headers: own, ...(key !== undefined && { key }) },
        given,
      );
      if (given !== undefined) await noteId(given).catch(failAfterWrite);
      return id;
    },
    subscribe: groups.subscribe,
    unsubscribe: groups.unsubscribe,
    groups: groups.list,
    receive: (group, { max = 1, wait = 0, signal } = {}) =>
      takeWithin(
        wait,
        {
          async take() {
            try {
              return closed ? [] : await takeFrom(receiving, group, max);
            } catch (error) {
              if (closed) return [];
              throw error;
            }
          },
          listen(wake) {
            // Whoever publishes is heard here as well, a moment before the stream has it.
            const bell = client.connection.subscribe(layout.published('>'), {
              callback: () => void setTimeout(wake, settling),
            });
            waiting.add(wake);
            return () => {
              bell.unsubscribe();
              waiting.delete(wake);
            };
          },
          due: () => lookEvery,
          over: () => closed,
        },
        signal,
      ),
    ack: (receipts) => settle(receipts, (held) => end(held, '+ACK')),
    nack: (receipt, { delay = 0 } = {}) =>
      settle([receipt], (held) => end(held, `-NAK ${JSON.stringify({ delay: toNanos(delay) })}`)),
    dead: (receipt, reason) =>
      settle([receipt], async (held) => {
        const { group, attempt, consumer, sequence, meta, body } = held;
        // Stored first: whatever happens before the ack, it is not lost.
        const dead = { attempts: attempt, reason, at: Date.now() };
        await store(layout.deadOf(group), body, { ...meta, dead }, `${consumer}.${sequence}`);
        await end(held, '+ACK').catch(failAfterWrite);
      }),
    extend: (receipts) =>
      settle(receipts, async ({ reply }) => {
        const asked = performance.now();
        await answer(reply, '+WPI');
        leases.extend(reply, asked);
      }),
    async release(receipts) {
      const good = receipts.flatMap((receipt) => leases.find(receipt) ?? []);
      await finishAll(
        good.map(async (held) => {
          const { consumer, sequence, released } = held;
          await client.ask(true, ({ jetstream }) =>
            jetstream.publish(layout.released(consumer, sequence), String(released + 1)),
          );
          await end(held, '-NAK').catch(failAfterWrite);
        }),
      );
      for (const wake of waiting) wake();
    },

    async broadcast(topic, body, own = []) {
      checkSize(body);
      const meta: Meta = { id: randomUUID(), topic, headers: own };
      await client.ask(true, async ({ connection }) => {
        connection.publish(layout.broadcast(topic), body, { headers: writeMeta(headers(), meta) });
        await connection.flush();
      });
    },
    async listen(topics) {
      const listener = await client.ask(false, () => openListener(client, layout, topics));
      listeners.add(listener);
      return {
        next: listener.next,
        close() {
          listeners.delete(listener);
          listener.close();
        },
      };
    },

    async request(topic, body, { headers: own = [], wait }) {
      if (!(await reach(topic))) throw new CapabilityError('not-found', `no group has the topic ${topic}`);
      const reply = `_INBOX.slight.${randomUUID()}`;
      const { promise, resolve, reject } = Promise.withResolvers<Message>();
      // Its time may be over while the request is still being stored, when nobody waits for it yet.
      promise.catch(() => undefined);
      const subscription = client.connection.subscribe(reply, {
        max: 1,
        callback: (error, message) =>
          error === null
            ? resolve(toMessage(readMeta(message.headers, topic, ''), message.data))
            : reject(error),
      });
      const timer = setTimeout(
        () => reject(new CapabilityError('timeout', 'nobody has replied in time', { outcome: 'unknown' })),
        wait,
      );
      try {
        await store(layout.published(topic), body, { id: randomUUID(), topic, headers: own, reply });
        return await promise;
      } finally {
        clearTimeout(timer);
        subscription.unsubscribe();
      }
    },
    reply: (receipt, body, own = []) =>
      settle([receipt], async (held) => {
        const { meta } = held;
        if (meta.reply === undefined)
          throw new CapabilityError(
            'precondition-failed',
            'whoever published this message wants no reply: ack it',
          );
        const reply = writeMeta(headers(), { id: randomUUID(), topic: meta.topic, headers: own });
        client.connection.publish(meta.reply, body, { headers: reply });
        await end(held, '+ACK').catch(failAfterWrite);
      }),

    async count(group) {
      const record = await groups.find(group);
      let waiting = 0;
      let leased = 0;
      for (const { name: consumer } of groups.consumersOf(group, record)) {
        const info = await client.ask(false, ({ manager }) =>
          manager.consumers.info(layout.stream, consumer),
        );
        waiting += info.num_pending;
        leased += info.num_ack_pending;
      }
      return { waiting, leased, dead: await letters.count(group) };
    },
    async deadLetters(group, { cursor, limit = 100 } = {}) {
      await groups.find(group);
      return letters.list(group, cursor, limit);
    },
    async redrive(group, ids) {
      await groups.prepareRedrive(group);
      return letters.take(group, ids, ({ topic, id, headers: own, key, body }) =>
        store(layout.sentTo(group, topic), body, {
          id,
          topic,
          headers: own,
          ...(key !== undefined && { key }),
        }),
      );
    },
    async purge(group, ids) {
      await groups.find(group);
      return letters.take(group, ids);
    },

    async ping() {
      await client.ask(false, ({ connection }) => connection.flush());
    },
    close() {
      closed = true;
      for (const wake of waiting) wake();
      for (const listener of listeners) listener.close();
      client.release();
    },
  };
}

function checkSize(body: Uint8Array): void {
  if (body.byteLength <= largestNatsBody) return;
  throw new CapabilityError(
    'invalid-argument',
    `the body has ${body.byteLength} bytes. NATS takes up to a million; keep more in a store and send its key`,
    { detail: { limit: largestNatsBody } },
  );
}
