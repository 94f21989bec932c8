import { createHash } from 'node:crypto';
import type { NatsClient } from '../../../clients/nats.ts';
import { encodeName, isApiError, streamExists } from '../../../clients/nats.ts';
import { CapabilityError } from '../../core/error.ts';
import { publishOnceWindow } from '../contract.ts';

/** Where the messages of one name are. */
export interface Layout {
  /** What is published: each message is kept until every consumer has acked it. */
  readonly stream: string;
  /** The groups, and what is known of them. */
  readonly groups: string;
  /** Dead letters. */
  readonly dead: string;
  /** Ids of messages that were published, for as long as they count. */
  readonly ids: string;
  /** Patterns too. */
  published(topic: string): string;
  /** What is sent to one group alone. */
  sentTo(group: string, topic: string): string;
  broadcast(topic: string): string;
  group(name: string): string;
  /** How often a message was given back without having been tried. */
  released(consumer: string, sequence: number | '*'): string;
  deadOf(group: string): string;
  /** The subjects of all ids. */
  readonly allOnce: string;
  once(id: string): string;
  /** The topic of a subject that was published or sent. */
  topicOf(subject: string): string;
}

/** Milliseconds to nanoseconds, as JetStream counts. */
export const toNanos = (milliseconds: number): number => Math.round(milliseconds * 1_000_000);

/** Names of groups and topics hold nothing that means anything to NATS, but for the patterns of topics, which mean the same. */
export function layOut(name: string): Layout {
  const own = encodeName(name);
  const root = `slight.${own}`;
  return {
    stream: `slight-${own}`,
    groups: `slight-${own}-groups`,
    dead: `slight-${own}-dead`,
    ids: `slight-${own}-ids`,
    published: (topic) => `${root}.m.${topic}`,
    sentTo: (group, topic) => `${root}.g.${group}.${topic}`,
    broadcast: (topic) => `${root}.b.${topic}`,
    group: (group) => `${root}.group.${group}`,
    released: (consumer, sequence) => `${root}.released.${consumer}.${sequence}`,
    deadOf: (group) => `${root}.dead.${group}`,
    allOnce: `${root}.once.*`,
    once: (id) => `${root}.once.${createHash('sha256').update(id).digest('hex')}`,
    topicOf(subject) {
      const rest = subject.slice(root.length + 3);
      return subject.startsWith(`${root}.m.`) ? rest : rest.slice(rest.indexOf('.') + 1);
    },
  };
}

/**
 * With replicas, a server of 2.9 takes a message away from all when one group has acked it, and another, which is led from a server
 * that died or came back, has yet to be given it.
 * @param version of the server
 * @throws {CapabilityError} `unsupported`
 */
export function checkReplicas(replicas: number, version = ''): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (replicas === 1 || major > 2 || minor >= 10) return;
  throw new CapabilityError(
    'unsupported',
    `nats-server ${version} loses confirmed messages that have replicas when one of its servers dies. Update it to 2.10.25 or newer, or leave \`replicas\` out`,
  );
}

/** Makes the streams where they are missing. */
export async function makeStreams({ manager }: NatsClient, layout: Layout, replicas: number): Promise<void> {
  const usual = { num_replicas: replicas, allow_direct: true };
  const made = [
    {
      ...usual,
      name: layout.stream,
      subjects: [layout.published('>'), layout.sentTo('*', '>')],
      retention: 'interest' as const,
      duplicate_window: toNanos(publishOnceWindow),
    },
    {
      ...usual,
      name: layout.groups,
      subjects: [layout.group('*'), layout.released('*', '*')],
      max_msgs_per_subject: 1,
    },
    { ...usual, name: layout.dead, subjects: [layout.deadOf('*')] },
    {
      ...usual,
      name: layout.ids,
      subjects: [layout.allOnce],
      max_age: toNanos(publishOnceWindow),
      max_msgs_per_subject: 1,
    },
  ];
  // One that is there with the same setup is no error, and with another its owner's business. On a cluster each takes half a second,
  // until its servers have agreed who leads.
  await Promise.all(
    made.map(async (stream) => {
      try {
        await manager.streams.add(stream);
      } catch (error) {
        if (!isApiError(error, streamExists)) throw error;
      }
    }),
  );
}
