import { randomUUID } from 'node:crypto';
import { mqttPackage, openMqtt } from '../../../clients/mqtt.ts';
import type { MqttClient } from '../../../clients/mqtt.ts';
import { defineBackend } from '../../core/backend.ts';
import type { OpenContext } from '../../core/backend.ts';
import { CapabilityError, failAfterWrite, finishAll } from '../../core/error.ts';
import type { Delivery, Message, Messaging, MessagingFeature } from '../contract.ts';
import { readSettings } from '../settings.ts';
import { expiredReceipts } from '../validate.ts';
import { takeWithin } from '../wait.ts';
import { openDeadLetters } from './mqtt-dead-letters.ts';
import { openGroups } from './mqtt-groups.ts';
import { layOut } from './mqtt-layout.ts';
import { openListener } from './mqtt-listener.ts';
import { openMember } from './mqtt-member.ts';
import type { Held, Member } from './mqtt-member.ts';
import { packBody, readMeta, toMessage, unpackBody, writeMeta } from './mqtt-message.ts';
import type { Meta } from './mqtt-message.ts';

/** Messages on a server of MQTT 5: groups keep theirs as retained messages, broadcasts pass through. */
export const mqtt = defineBackend<Messaging, MessagingFeature>({
  scheme: 'mqtt',
  capability: 'messaging',
  doc: 'Messages on one server of MQTT 5 that keeps retained messages, such as Mosquitto: mqtt://user:password@host:port, TLS with mqtts:.',
  features: new Set(['groups', 'delay', 'dead-letters', 'broadcast', 'request', 'durable-server', 'shared']),
  config: {},
  packages: [mqttPackage],
  open: openMessages,
});

async function openMessages({ name, url, config }: OpenContext): Promise<Messaging> {
  const client = await openMqtt(url);
  const layout = layOut(name);
  const { lease } = readSettings(config);
  const waiting = new Set<() => void>();
  const listeners = new Set<{ close(): void }>();
  const members = new Map<string, Promise<Member>>();
  let closed = false;
  const wakeAll = (): void => {
    for (const wake of waiting) wake();
  };
  const groups = await openGroups(client, layout, wakeAll).catch((error: unknown) => {
    client.release();
    throw error;
  });
  const letters = openDeadLetters(client, layout);

  /** From the first look on, this process hears what the group has. */
  function join(group: string): Promise<Member> {
    const known = members.get(group);
    if (known !== undefined) return known;
    const joining = openMember(client, layout, group, lease, wakeAll);
    members.set(group, joining);
    joining.then(
      (member) => closed && member.close(),
      () => members.delete(group),
    );
    return joining;
  }

  async function take(group: string, max: number): Promise<Delivery[]> {
    if (closed) return [];
    await groups.find(group);
    const member = await join(group);
    const held = closed ? [] : await member.take(max);
    return held.map(({ meta, body, attempt, token }) => ({
      ...toMessage(meta, body.slice()),
      group,
      attempt,
      receipt: `${group}.${token}`,
      lease,
      wantsReply: meta.reply !== undefined,
    }));
  }

  /** Answers deliveries whose receipts hold; the others are told of afterwards. */
  async function settle(
    receipts: readonly string[],
    work: (member: Member, held: Held, group: string) => Promise<boolean | void>,
  ): Promise<void> {
    const expired: string[] = [];
    await finishAll(
      receipts.map(async (receipt) => {
        // Names of groups have no dots.
        const dot = receipt.indexOf('.');
        const group = receipt.slice(0, dot);
        const member = await members.get(group);
        const held = member?.find(receipt.slice(dot + 1));
        if (held === undefined || (await work(member!, held, group)) === false) expired.push(receipt);
      }),
    );
    if (expired.length > 0) throw expiredReceipts(expired);
  }

  async function send(group: string, body: Uint8Array, meta: Meta): Promise<void> {
    const how = { qos: 1, retain: true, properties: writeMeta(meta) } as const;
    await client.publish(layout.message(group, meta.id), packBody(body), how);
  }

  async function remove(topics: readonly string[]): Promise<void> {
    await Promise.all(topics.map((topic) => client.publish(topic, '', { qos: 1, retain: true })));
  }

  return {
    async publish(topic, body, { id = randomUUID(), headers = [], key, delay } = {}) {
      const meta: Meta = {
        id,
        topic,
        headers,
        ...(key !== undefined && { key }),
        ...(delay !== undefined && { due: Date.now() + delay }),
      };
      const copy = body.slice();
      await groups.forEach(topic, (group) => send(group, copy, meta));
      return id;
    },
    subscribe: groups.save,
    async unsubscribe(group) {
      await groups.remove(group);
      const topics = await listTopics(client, [layout.has(group), layout.allDead(group)]);
      await remove(topics);
      await client.flush();
    },
    async groups() {
      await client.flush();
      return groups.list();
    },
    receive: (group, { max = 1, wait = 0, signal } = {}) => {
      let member: Member | undefined;
      return takeWithin(
        wait,
        {
          async take() {
            try {
              const taken = await take(group, max);
              member = await members.get(group);
              return taken;
            } catch (error) {
              if (closed) return [];
              throw error;
            }
          },
          listen(wake) {
            waiting.add(wake);
            return () => waiting.delete(wake);
          },
          due: () => member?.due(),
          over: () => closed,
        },
        signal,
      );
    },
    ack: (receipts) => settle(receipts, (member, { token }) => member.remove(token)),
    nack: (receipt, { delay = 0 } = {}) =>
      settle([receipt], (member, { token }) => member.giveBack(token, Date.now() + delay, true)),
    dead: (receipt, reason) =>
      settle([receipt], async (member, { token, meta, body, attempt }, group) => {
        // Stored first: whatever happens before it is taken away, it is not lost.
        const { due: _due, reply: _reply, ...rest } = meta;
        const dead = { attempts: attempt, reason, at: Date.now() };
        const how = { qos: 1, retain: true, properties: writeMeta({ ...rest, dead }) } as const;
        await client.publish(layout.dead(group, meta.id), packBody(body), how);
        await member.remove(token).catch(failAfterWrite);
      }),
    extend: (receipts) => settle(receipts, (member, { token }) => member.extend(token)),
    async release(receipts) {
      try {
        await settle(receipts, (member, { token }) => member.giveBack(token, 0, false));
      } catch (error) {
        if (!(error instanceof CapabilityError) || error.code !== 'precondition-failed') throw error;
      }
    },

    async broadcast(topic, body, headers = []) {
      const properties = writeMeta({ id: randomUUID(), topic, headers });
      await client.publish(layout.broadcast(topic), body, { qos: 0, properties });
    },
    async listen(topics) {
      const listener = await openListener(client, layout, topics);
      listeners.add(listener);
      return {
        next: listener.next,
        close() {
          listeners.delete(listener);
          listener.close();
        },
      };
    },

    async request(topic, body, { headers = [], wait }) {
      const id = randomUUID();
      const reply = layout.reply(id);
      const { promise, resolve, reject } = Promise.withResolvers<Message>();
      promise.catch(() => undefined);
      const end = performance.now() + wait;
      const stop = await client.subscribe(reply, 0, (message) => {
        const meta = message && readMeta(message);
        if (meta !== undefined) resolve(toMessage(meta, unpackBody(message!)));
      });
      try {
        const copy = body.slice();
        const reached = await groups.forEach(topic, (group) =>
          send(group, copy, { id, topic, headers, reply }),
        );
        if (reached === 0) throw new CapabilityError('not-found', `no group has the topic ${topic}`);
        const timer = setTimeout(
          () => reject(new CapabilityError('timeout', 'nobody has replied in time', { outcome: 'unknown' })),
          Math.max(0, end - performance.now()),
        );
        return await promise.finally(() => clearTimeout(timer));
      } finally {
        stop();
      }
    },
    reply: (receipt, body, headers = []) =>
      settle([receipt], async (member, { token, meta }) => {
        if (meta.reply === undefined)
          throw new CapabilityError(
            'precondition-failed',
            'whoever published this message wants no reply: ack it',
          );
        const properties = writeMeta({ id: randomUUID(), topic: meta.topic, headers });
        await client.publish(`${meta.reply}reply`, packBody(body), { qos: 1, properties });
        await member.remove(token).catch(failAfterWrite);
      }),

    async count(group) {
      await groups.find(group);
      const member = await join(group);
      // What was published before has been heard then.
      await client.flush();
      return { ...member.count(), dead: await letters.count(group) };
    },
    async deadLetters(group, { cursor, limit = 100 } = {}) {
      await groups.find(group);
      return letters.list(group, cursor, limit);
    },
    async redrive(group, ids) {
      await groups.find(group);
      return letters.take(group, ids, async ({ id, topic, headers, key, body }) => {
        // A claim of its former life may be left, where somebody was killed.
        await remove([layout.claim(group, id)]);
        await send(group, body, { id, topic, headers, ...(key !== undefined && { key }) });
      });
    },
    async purge(group, ids) {
      await groups.find(group);
      return letters.take(group, ids);
    },

    ping: () => client.flush(),
    close() {
      closed = true;
      wakeAll();
      for (const listener of listeners) listener.close();
      for (const member of members.values()) member.then((each) => each.close()).catch(() => undefined);
      groups.close();
      client.release();
    },
  };
}

/** Topics of all that is kept below these. */
async function listTopics(client: MqttClient, roots: readonly string[]): Promise<string[]> {
  const topics = new Set<string>();
  for (const root of roots) {
    const stop = await client.subscribe(root, 0, (message) => {
      if (message !== undefined && message.payload.length > 0) topics.add(message.topic);
    });
    stop();
  }
  return [...topics];
}
