import type { Msg } from '@nats-io/transport-node';
import type { NatsClient } from '../../../clients/nats.ts';
import type { Delivery } from '../contract.ts';
import { matchesTopic } from '../topics.ts';
import type { GroupConsumer, Groups } from './nats-groups.ts';
import { wasAcked } from './nats-acked.ts';
import type { Layout } from './nats-layout.ts';
import type { Leases } from './nats-leases.ts';
import { isBegin, readInfo, readMeta, toMessage } from './nats-message.ts';
import { pull, UnansweredError } from './nats-pull.ts';

export interface Receiving {
  readonly client: NatsClient;
  readonly layout: Layout;
  readonly groups: Groups;
  readonly leases: Leases;
  /** Milliseconds. */
  readonly lease: number;
  /** Milliseconds for the server to answer. */
  readonly timeout: number;
}

/** What a group has now, at most `max`. */
export async function takeFrom(receiving: Receiving, group: string, max: number): Promise<Delivery[]> {
  const { client, layout, groups, timeout } = receiving;
  const consumers = groups.consumersOf(group, await groups.find(group));
  const deliveries: Delivery[] = [];
  try {
    for (const [index, consumer] of consumers.entries()) {
      if (deliveries.length >= max) break;
      const earlier = consumers.slice(0, index);
      const asked = performance.now();
      const messages = await client
        .ask(false, () => pull(client, layout.stream, consumer.name, max - deliveries.length, timeout))
        .catch(async (error: unknown) => {
          if (!(error instanceof UnansweredError)) throw error;
          // Another process may have taken it away.
          const now = groups.consumersOf(group, await groups.find(group, true));
          if (now.some(({ name }) => name === consumer.name)) throw error;
          return [];
        });
      for (const message of messages) {
        const delivery = await deliver(receiving, { group, consumer, earlier, message, asked });
        if (delivery !== undefined) deliveries.push(delivery);
      }
    }
  } catch (error) {
    // What was given out must reach its consumer.
    if (deliveries.length === 0) throw error;
  }
  return deliveries;
}

interface Given {
  readonly group: string;
  readonly consumer: GroupConsumer;
  /** Those that are asked before it. */
  readonly earlier: readonly GroupConsumer[];
  readonly message: Msg;
  readonly asked: number;
}

/** Undefined where it is another consumer's of the group, or done already. */
async function deliver(receiving: Receiving, given: Given): Promise<Delivery | undefined> {
  const { client, layout, leases, lease, timeout } = receiving;
  const { group, consumer, message, asked } = given;
  const { sequence, delivered, which } = readInfo(message);
  const meta = readMeta(message.headers, layout.topicOf(message.subject), `${layout.stream}.${sequence}`);
  if (isBegin(message) || wasAcked(which) || isOthers(given, sequence, meta.topic)) {
    void client
      .ask(true, ({ connection }) => connection.request(message.reply!, '+ACK', { timeout }))
      .catch(() => undefined);
    return undefined;
  }
  const released = delivered > 1 ? await countReleased(receiving, consumer.name, sequence) : 0;
  const attempt = delivered - released;
  const body = message.data.slice();
  const receipt = leases.add(
    { reply: message.reply!, group, consumer: consumer.name, sequence, attempt, released, meta, body },
    asked,
  );
  return { ...toMessage(meta, body), group, attempt, receipt, lease, wantsReply: meta.reply !== undefined };
}

/** Whether another consumer of the group has it, or the group had no such topic any more. */
function isOthers({ consumer, earlier }: Given, sequence: number, topic: string): boolean {
  if (consumer.topic === undefined) return false;
  return (
    sequence > consumer.until ||
    earlier.some(
      (each) => each.topic !== undefined && sequence <= each.until && matchesTopic(each.topic, topic),
    )
  );
}

async function countReleased(
  { client, layout }: Receiving,
  consumer: string,
  sequence: number,
): Promise<number> {
  const message = await client.ask(false, ({ manager }) =>
    manager.streams.getMessage(layout.groups, { last_by_subj: layout.released(consumer, sequence) }),
  );
  return message === null ? 0 : Number(Buffer.from(message.data).toString());
}
