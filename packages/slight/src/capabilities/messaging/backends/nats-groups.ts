import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NatsClient } from '../../../clients/nats.ts';
import type { Group } from '../contract.ts';
import { noGroup } from '../validate.ts';
import { toNanos } from './nats-layout.ts';
import type { Layout } from './nats-layout.ts';
import { beginId, isBegin } from './nats-message.ts';
import { pull } from './nats-pull.ts';

/**
 * A group as it is written down. A consumer of NATS before 2.10 has one filter, so a group has a consumer for each of its
 * patterns. One that was taken away stays for what it had: `until` is the last message of its time.
 */
export interface GroupRecord {
  readonly topics: readonly string[];
  readonly former: readonly { readonly topic: string; readonly until: number }[];
  /** Whether messages were sent to it alone. */
  readonly redriven: boolean;
}

export interface GroupConsumer {
  readonly name: string;
  /** Undefined: of what was sent to the group alone. */
  readonly topic: string | undefined;
  readonly until: number;
}

export interface Groups {
  subscribe(group: string, topics: readonly string[]): Promise<void>;
  unsubscribe(group: string): Promise<void>;
  list(): Promise<Group[]>;
  /** @param anew ask the server, whatever is known @throws {CapabilityError} `not-found` */
  find(group: string, anew?: boolean): Promise<GroupRecord>;
  /** From the one that is asked first; a message that several have belongs to the first of these. */
  consumersOf(group: string, record: GroupRecord): GroupConsumer[];
  /** Makes the consumer of what is sent to the group alone. */
  prepareRedrive(group: string): Promise<void>;
}

/** Milliseconds for which a process goes by what it knows of a group; another may have changed it meanwhile. */
const fresh = 1_000;
/** Messages that a consumer is sent until one reaches it, and milliseconds between two. */
const [mostBegins, pauseToBegin] = [10, 20];
/** Of one consumer: messages that are out at once. */
const mostOut = 20_000;

export function openGroups(client: NatsClient, layout: Layout, lease: number, timeout: number): Groups {
  const known = new Map<string, { readonly record: GroupRecord; readonly at: number }>();

  async function load(group: string): Promise<GroupRecord | undefined> {
    const message = await client.ask(false, ({ manager }) =>
      manager.streams.getMessage(layout.groups, { last_by_subj: layout.group(group) }),
    );
    if (message === null || message.data.length === 0) return undefined;
    return JSON.parse(Buffer.from(message.data).toString()) as GroupRecord;
  }

  async function save(group: string, record: GroupRecord): Promise<void> {
    await client.ask(true, ({ jetstream }) => jetstream.publish(layout.group(group), JSON.stringify(record)));
    known.set(group, { record, at: performance.now() });
  }

  const nameOf = (group: string, topic: string | undefined): string =>
    topic === undefined
      ? `${group}-alone`
      : `${group}-${createHash('sha256').update(topic).digest('hex').slice(0, 16)}`;

  async function addConsumer(group: string, topic: string | undefined): Promise<void> {
    const name = nameOf(group, topic);
    const filter = topic === undefined ? layout.sentTo(group, '>') : layout.published(topic);
    const add = (filter_subject: string) =>
      client.ask(true, ({ manager }) =>
        manager.consumers.add(layout.stream, {
          durable_name: name,
          filter_subject,
          deliver_policy: topic === undefined ? 'all' : 'new',
          ack_policy: 'explicit',
          ack_wait: toNanos(lease),
          max_deliver: -1,
          max_ack_pending: mostOut,
        }),
      );
    const fresh = await isNew(name);
    await add(filter);
    if (fresh && topic !== undefined) await begin(name, topic);
  }

  /** Whether a consumer is not there, or has not begun. */
  async function isNew(name: string): Promise<boolean> {
    return client.ask(false, async ({ manager }) => {
      try {
        const { ack_floor } = await manager.consumers.info(layout.stream, name);
        return ack_floor.stream_seq === 0;
      } catch (error) {
        if ((error as { status?: number }).status === 404) return true;
        throw error;
      }
    });
  }

  /**
   * Has a consumer ack a message of its own, which all others pass over. One that has acked nothing yet is forgotten for a moment when
   * the server (2.9) is killed and comes back: what others have acked is thrown away then, although this one was to have it.
   */
  async function begin(name: string, topic: string): Promise<void> {
    const subject = layout.published(topic.replaceAll(/[*>]/g, '-'));
    // On a cluster whoever has the stream may hear of the consumer a moment later: what comes until then is not kept for it.
    for (let tries = 1; tries <= mostBegins; tries++) {
      await client.ask(true, ({ jetstream }) => jetstream.publish(subject, '', { msgID: beginId() }));
      const found = await client.ask(true, () => pull(client, layout.stream, name, tries, timeout));
      for (const each of found) {
        const what = isBegin(each) ? '+ACK' : '-NAK';
        await client.ask(true, ({ connection }) => connection.request(each.reply!, what, { timeout }));
      }
      if (found.length > 0) return;
      await sleep(pauseToBegin);
    }
  }

  async function removeConsumer(name: string): Promise<void> {
    await client.ask(true, async ({ manager }) => {
      await manager.consumers.delete(layout.stream, name).catch((error: { status?: number }) => {
        if (error.status !== 404) throw error;
      });
      await manager.streams.purge(layout.groups, { filter: layout.released(name, '*') });
    });
  }

  const groups: Groups = {
    async subscribe(group, topics) {
      const before = await load(group);
      const wanted = [...new Set(topics)];
      // Also those that are there: that is no error, and gives them a lease that was changed.
      await Promise.all(wanted.map((topic) => addConsumer(group, topic)));
      const { state } = await client.ask(false, ({ manager }) => manager.streams.info(layout.stream));
      const gone = (before?.topics ?? []).filter((topic) => !wanted.includes(topic));
      const former = [
        ...(before?.former ?? []).filter(({ topic }) => !wanted.includes(topic)),
        ...gone.map((topic) => ({ topic, until: state.last_seq })),
      ];
      await save(group, { topics: wanted, former, redriven: before?.redriven ?? false });
    },
    async unsubscribe(group) {
      const record = await load(group);
      known.delete(group);
      if (record === undefined) return;
      await client.ask(true, async ({ manager }) => {
        await manager.streams.purge(layout.groups, { filter: layout.group(group) });
        await manager.streams.purge(layout.dead, { filter: layout.deadOf(group) });
      });
      for (const { name } of groups.consumersOf(group, record)) await removeConsumer(name);
    },
    async list() {
      const { state } = await client.ask(false, ({ manager }) =>
        manager.streams.info(layout.groups, { subjects_filter: layout.group('*') }),
      );
      const subjects = Object.keys(state.subjects ?? {}).toSorted();
      const found = await Promise.all(
        subjects.map(async (subject) => {
          const name = subject.slice(layout.group('').length);
          const record = await load(name);
          return record && { name, topics: record.topics };
        }),
      );
      return found.filter((each) => each !== undefined);
    },
    async find(group, anew = false) {
      const cached = anew ? undefined : known.get(group);
      if (cached !== undefined && performance.now() - cached.at < fresh) return cached.record;
      const record = await load(group);
      if (record === undefined) {
        known.delete(group);
        throw noGroup(group);
      }
      known.set(group, { record, at: performance.now() });
      return record;
    },
    consumersOf: (group, { topics, former, redriven }) => [
      ...(redriven ? [{ name: nameOf(group, undefined), topic: undefined, until: Infinity }] : []),
      ...topics.map((topic) => ({ name: nameOf(group, topic), topic, until: Infinity })),
      ...former.map(({ topic, until }) => ({ name: nameOf(group, topic), topic, until })),
    ],
    async prepareRedrive(group) {
      const record = await groups.find(group);
      if (record.redriven) return;
      await addConsumer(group, undefined);
      await save(group, { ...record, redriven: true });
    },
  };
  return groups;
}
