import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { messagingConformance } from '@spiderlightning/slight/conformance';
import type { Messaging } from '@spiderlightning/slight/conformance';
import type { Subscription as WitSubscription } from 'spiderlightning:cloud/messaging@0.6.0';
import { CapabilityError } from '../../slight/src/capabilities/core/error.ts';
import { Messages } from '../src/test/cloud/messaging.ts';
import { openData, runWith } from '../src/test/host.ts';
import type { TestHost } from '../src/test/host.ts';
import { memoryMessages } from '../src/test/memory-messages.ts';

/**
 * The messages of `testApp` promise what every backend promises, as far as a guest sees it. They have no settings of a
 * slightfile, time takes nothing from a member, and the host's own business (dead letters, waits) is not a guest's.
 */
const host: TestHost = {
  now: () => Date.now(),
  find: openData({}),
  failures: new Map(),
  lines: [],
  sent: [],
};
const not =
  /wait|lease|receipts|dead|a queue|cannot be|many settles|closed|backoff|at most what|invalid-argument, and|not declared/;
const checks = messagingConformance({
  features: new Set(['groups', 'ordered', 'delay', 'publish-once', 'broadcast']),
  open,
});
for (const { name, run } of checks) if (!not.test(name)) test(name, run);

/** The interface that a guest imports, as the suite sees messaging. It polls, where a backend would wait. */
function open(name: string): Messaging {
  const use = <T>(call: () => T): T => {
    try {
      return runWith(host, call);
    } catch (error) {
      const { code, message } = (error as { payload: { code: 'internal'; message: string } }).payload;
      throw new CapabilityError(code, message);
    }
  };
  const messages = use(() => Messages.open(name));
  const members = new Map<string, WitSubscription>();
  const receipts = new Map<string, WitSubscription>();
  const member = (group: string): WitSubscription => {
    const found = members.get(group) ?? use(() => messages.join(group));
    members.set(group, found);
    return found;
  };
  async function poll<T>(wait: number, look: () => T[]): Promise<T[]> {
    for (const end = Date.now() + wait; ; await sleep(5)) {
      const found = use(look);
      if (found.length > 0 || Date.now() >= end) return found;
    }
  }
  const by = (receipt: string): WitSubscription => receipts.get(receipt)!;
  return {
    publish: (topic, body, { headers = [], key, delay, id } = {}) =>
      use(() =>
        messages.publish(topic, body, {
          headers: headers.map(([header, value]) => [header, value]),
          key: key ?? null,
          delayMs: delay ?? null,
          id: id ?? null,
        }),
      ),
    subscribe: (group, topics) =>
      void members.set(
        group,
        use(() => messages.subscribe(group, [...topics])),
      ),
    unsubscribe(group) {
      members.delete(group);
      use(() => messages.unsubscribe(group));
    },
    groups: () => host.find(memoryMessages, name)!.groups(),
    async receive(group, { max = 1, wait = 0 } = {}) {
      const subscription = member(group);
      const found = await poll(wait, () => subscription.receive(max, 0));
      return found.map(({ key, ...delivery }) => {
        receipts.set(delivery.receipt, subscription);
        return { ...delivery, ...(key !== null && { key }), group, lease: 0 };
      });
    },
    ack(given) {
      for (const receipt of given) use(() => by(receipt).ack([receipt]));
    },
    nack: (receipt, { delay } = {}) => use(() => by(receipt).nack(receipt, delay ?? null)),
    dead: (receipt, reason) => use(() => by(receipt).dead(receipt, reason)),
    release(given) {
      for (const receipt of given) use(() => by(receipt).nack(receipt, 0));
    },
    broadcast: (topic, body, headers = []) =>
      use(() =>
        messages.broadcast(
          topic,
          body,
          headers.map(([header, value]) => [header, value]),
        ),
      ),
    listen(topics) {
      const listener = use(() => messages.listen([...topics]));
      return {
        next: (max, wait) => poll(wait, () => listener.next(max, 0)),
        close: () => listener[Symbol.dispose](),
      };
    },
    extend: () => undefined,
    request: unsupported,
    reply: unsupported,
    count: unsupported,
    deadLetters: unsupported,
    redrive: unsupported,
    purge: unsupported,
    ping: () => undefined,
    close: () => undefined,
  };
}

function unsupported(): never {
  throw new CapabilityError('unsupported', 'a guest has no such operation');
}
