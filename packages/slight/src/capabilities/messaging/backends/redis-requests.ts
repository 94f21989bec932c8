import { randomUUID } from 'node:crypto';
import { CapabilityError } from '../../core/error.ts';
import type { Message, Messaging } from '../contract.ts';
import type { Bells } from './redis-bells.ts';
import type { RedisGroups } from './redis-groups.ts';
import type { RedisHearing } from './redis-hearing.ts';
import { packMessage, unpackMessage } from './redis-message.ts';
import { settleOne } from './redis-receipts.ts';
import { replyScript } from './redis-scripts.ts';

/** Requests are messages of groups; their replies are published, to the one process that waits. */
export function openRequests(
  groups: RedisGroups,
  hearing: RedisHearing,
  bells: Bells,
): Pick<Messaging, 'request' | 'reply'> & { close(): void } {
  const address = randomUUID();
  const waiting = new Map<string, (reply: Message | undefined) => void>();
  let listening: Promise<unknown> | undefined;

  /** The id of the request stands in a line before the reply. */
  function hear(_: string, said: Buffer): void {
    const end = said.indexOf(10);
    waiting.get(said.toString('utf8', 0, end))?.(unpackMessage(said.subarray(end + 1)).message);
  }

  async function listen(): Promise<void> {
    listening ??= hearing.listen(`reply:${address}`, hear);
    try {
      await listening;
    } catch (error) {
      listening = undefined;
      throw error;
    }
  }

  return {
    async request(topic, body, { headers = [], wait }) {
      const id = randomUUID();
      const message = packMessage({ id, topic, headers, body }, address);
      await listen();
      let timer: NodeJS.Timeout | undefined;
      const answered = new Promise<Message | undefined>((resolve) => {
        waiting.set(id, resolve);
        timer = setTimeout(() => resolve(undefined), wait);
      });
      try {
        if ((await groups.publish(message, { topic, delay: 0 })) === 0)
          throw new CapabilityError('not-found', 'no group has this topic, so nobody would answer');
        const reply = await answered;
        if (reply !== undefined) return { ...reply, topic };
        throw new CapabilityError('timeout', `no reply within ${wait} ms`, { outcome: 'unknown' });
      } finally {
        clearTimeout(timer);
        waiting.delete(id);
      }
    },
    async reply(receipt, body, headers = []) {
      // Who asked knows the topic.
      const message = packMessage({ id: randomUUID(), topic: '', headers, body });
      const rest = [message, hearing.channel('reply:')];
      if ((await settleOne(groups, bells, receipt, replyScript, rest)) === 2)
        throw new CapabilityError('precondition-failed', 'this message wants no reply');
    },
    close() {
      for (const resolve of waiting.values()) resolve(undefined);
    },
  };
}
