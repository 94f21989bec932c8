import type { HostInterface } from '@spiderlightning/component';
import type { Opener } from '../../capabilities/core/capability.ts';
import type {
  Delivery,
  Group,
  Header,
  Listener,
  Message,
  Messaging,
  PublishOptions,
} from '../../capabilities/messaging/contract.ts';
import { openSubscription, type Subscription } from '../../capabilities/messaging/subscription.ts';
import { noGroup } from '../../capabilities/messaging/validate.ts';
import { answer, given, nothing, ok } from './result.ts';

interface WitPublishOptions {
  readonly headers: readonly Header[];
  readonly key: string | undefined;
  readonly delayMs: bigint | undefined;
  readonly id: string | undefined;
}

/** `spiderlightning:cloud/messaging`: the contract under its names in WIT. What it gives stands for the guest's handles. */
export function messagingInterface(opener: Opener<Messaging>): HostInterface {
  return {
    '[static]messages.open': (name: string) => answer(() => opener.open(name), ok),
    '[method]messages.publish': (
      messages: Messaging,
      topic: string,
      body: Uint8Array,
      options: WitPublishOptions | undefined,
    ) => answer(() => messages.publish(topic, body, options && lift(options)), ok),
    '[method]messages.subscribe': (messages: Messaging, group: string, topics: string[]) =>
      answer(
        () => messages.subscribe(group, topics),
        () => ok(openSubscription(messages, group)),
      ),
    '[method]messages.join': (messages: Messaging, group: string) =>
      answer(() => {
        const groups = messages.groups();
        const start = (found: readonly Group[]) => join(found, messages, group);
        return groups instanceof Promise ? groups.then(start) : start(groups);
      }, ok),
    '[method]messages.unsubscribe': (messages: Messaging, group: string) =>
      answer(() => messages.unsubscribe(group), nothing),
    '[method]messages.broadcast': (messages: Messaging, topic: string, body: Uint8Array, headers: Header[]) =>
      answer(() => messages.broadcast(topic, body, headers), nothing),
    '[method]messages.listen': (messages: Messaging, topics: string[]) =>
      answer(() => messages.listen(topics), ok),
    '[method]messages.request': (
      messages: Messaging,
      topic: string,
      body: Uint8Array,
      headers: Header[],
      waitMs: bigint,
    ) =>
      answer(
        () => messages.request(topic, body, { headers, wait: Number(waitMs) }),
        (reply) => ok(lowerMessage(reply)),
      ),

    '[method]subscription.receive': (subscription: Subscription, max: number, waitMs: bigint) =>
      answer(
        () => subscription.receive({ max, wait: Number(waitMs) }),
        (deliveries) => ok(deliveries.map(lowerDelivery)),
      ),
    '[method]subscription.ack': (subscription: Subscription, receipts: string[]) =>
      answer(() => subscription.ack(receipts), nothing),
    '[method]subscription.nack': (subscription: Subscription, receipt: string, delayMs: bigint | undefined) =>
      answer(
        () => subscription.nack(receipt, delayMs === undefined ? {} : { delay: Number(delayMs) }),
        nothing,
      ),
    '[method]subscription.dead': (subscription: Subscription, receipt: string, reason: string) =>
      answer(() => subscription.dead(receipt, reason), nothing),
    '[method]subscription.reply': (
      subscription: Subscription,
      receipt: string,
      body: Uint8Array,
      headers: Header[],
    ) => answer(() => subscription.reply(receipt, body, headers), nothing),
    '[drop]subscription': (subscription: Subscription) => subscription.close('failed'),

    '[method]listener.next': (listener: Listener, max: number, waitMs: bigint) =>
      answer(
        () => listener.next(max, Number(waitMs)),
        (messages) => ok(messages.map(lowerMessage)),
      ),
    '[drop]listener': (listener: Listener) => listener.close(),
  };
}

/** A group that is missing is told of when it is joined, not by the first receive. */
function join(groups: readonly Group[], messages: Messaging, group: string): Subscription {
  if (!groups.some(({ name }) => name === group)) throw noGroup(group);
  return openSubscription(messages, group);
}

function lift({ headers, key, delayMs, id }: WitPublishOptions): PublishOptions {
  return { headers, ...given({ key, id, delay: delayMs === undefined ? undefined : Number(delayMs) }) };
}

const lowerMessage = ({ id, topic, headers, body }: Message) => ({ id, topic, headers, body });

const lowerDelivery = ({ key, attempt, receipt, wantsReply, ...message }: Delivery) => ({
  ...lowerMessage(message),
  key,
  attempt,
  receipt,
  wantsReply,
});
