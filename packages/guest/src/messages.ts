import { Messages as WitMessages } from '#cloud/messaging';
import type {
  Delivery as WitDelivery,
  Header,
  Listener as WitListener,
  Message as WitMessage,
  Subscription as WitSubscription,
} from 'spiderlightning:cloud/messaging@0.6.0';
import { useOpened } from './opened.ts';
import { TextDecoder, TextEncoder } from './platform/text.ts';

const encoder = new TextEncoder();

/** Text is sent as UTF-8. */
export type MessageBody = string | Uint8Array;

export interface BroadcastOptions {
  /** What is sent along: a line of text for each name. */
  readonly headers?: { readonly [name: string]: string };
}

export interface PublishOptions extends BroadcastOptions {
  /** What it is about. Where the slightfile says `order = "key"`, a group works on messages of one key one after the other. */
  readonly key?: string;
  /** Milliseconds until it may be received. */
  readonly delayMs?: number;
  /** For five minutes another publish with this id does nothing, so one that may have failed can be repeated. */
  readonly id?: string;
}

export interface ReceiveOptions {
  /** Most messages. Default 10. */
  readonly max?: number;
  /** Milliseconds to wait for the first. Default: none. */
  readonly waitMs?: number;
}

/** What was sent to everyone, or in reply. */
export interface ReceivedBroadcast {
  readonly id: string;
  readonly topic: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The value of a header; names are compared without regard to case. */
  header(name: string): string | undefined;
  readonly body: Uint8Array;
  /** The body as UTF-8. */
  text(): string;
  /** The body as JSON, unchecked. @throws {SyntaxError} */
  json<T = unknown>(): T;
}

/** A message in the hands of this app, until it answers. What it has not answered at the end comes again. */
export interface Delivery extends ReceivedBroadcast {
  readonly key: string | undefined;
  /** How often the group was given it, from 1. */
  readonly attempt: number;
  readonly wantsReply: boolean;
  /** Opaque; for this delivery only. */
  readonly receipt: string;
  /** It is done. Throws `precondition-failed` where another member has it by now. */
  ack(): Promise<void>;
  /** It is not done: it comes again after `delayMs`, or when the slightfile says. */
  nack(delayMs?: number): Promise<void>;
  /** It can never be done: it goes to the dead letters. */
  dead(reason: string): Promise<void>;
  /** Answers whoever waits for it, and is done with it. */
  reply(body: MessageBody, options?: BroadcastOptions): Promise<void>;
}

/** A member of a group. The host keeps what it was given from others while it works. */
export interface Subscription {
  readonly group: string;
  receive(options?: ReceiveOptions): Promise<Delivery[]>;
  /** Many at once, which is cheaper than each by itself. */
  ack(deliveries: readonly Delivery[]): Promise<void>;
  /**
   * One message after the other, until none comes within `waitMs` (default: none waits):
   * `for await (const message of subscription.messages({ waitMs: 1_000 }))`.
   */
  messages(options?: ReceiveOptions): AsyncGenerator<Delivery, void, undefined>;
  /** Gives back what was not answered. It happens by itself when the request ends. */
  close(): void;
}

/** Hears what is broadcast. */
export interface Listener {
  /** What came since the answer before; waits for the first. */
  next(options?: ReceiveOptions): Promise<ReceivedBroadcast[]>;
  close(): void;
}

/**
 * Messages on topics (`orders.created`), which reach every group that there was then, at least once. Bodies have up to
 * 1 MiB. Every method may throw a CapabilityError.
 */
export interface Messages {
  readonly name: string;
  /** Gives the message's id, once it is stored for every group that has the topic. */
  publish(topic: string, body: MessageBody, options?: PublishOptions): Promise<string>;
  publishJson(topic: string, value: unknown, options?: PublishOptions): Promise<string>;
  /**
   * Makes the group, or gives it other topics, and becomes a member: `*` is one part of a topic, and `>` at the end all
   * that follow. The group stays, with what it has, when its members are gone.
   */
  subscribe(group: string, topics: string | readonly string[]): Promise<Subscription>;
  /** Becomes a member of a group that is there. Without a name: of a queue's. */
  join(group?: string): Promise<Subscription>;
  /** Removes a group with all that it has. */
  unsubscribe(group: string): Promise<void>;
  /** To everyone who listens now, at most once. */
  broadcast(topic: string, body: MessageBody, options?: BroadcastOptions): Promise<void>;
  listen(topics: string | readonly string[]): Promise<Listener>;
  /** Publishes, and waits for the first reply: up to `waitMs`, 5 seconds where nothing is said; then `timeout`. */
  request(
    topic: string,
    body: MessageBody,
    options?: BroadcastOptions & { readonly waitMs?: number },
  ): Promise<ReceivedBroadcast>;
}

const usualMax = 10;
const usualRequest = 5_000;

/**
 * The messages of this name. They are opened by their first use, so a module's top level may call this: a name that the
 * host does not grant throws `permission-denied` there, not here.
 */
export function openMessages(name: string): Messages {
  const what = `the messages "${name}"`;
  const use = useOpened(what, () => WitMessages.open(name));

  const messages: Messages = {
    name,
    publish: (topic, body, { headers, key, delayMs, id } = {}) =>
      use('publish', (wit) =>
        wit.publish(topic, bytesOf(body), {
          headers: headersOf(headers),
          key: key ?? null,
          delayMs: delayMs === undefined ? null : milliseconds('a delay', delayMs),
          id: id ?? null,
        }),
      ),
    publishJson: (topic, value, options) => messages.publish(topic, writeJson(value), options),
    subscribe: (group, topics) =>
      use('subscribe', (wit) => memberOf(group, wit.subscribe(group, listOf(topics)), use)),
    join: (group = 'queue') => use('join', (wit) => memberOf(group, wit.join(group), use)),
    unsubscribe: (group) => use('unsubscribe', (wit) => wit.unsubscribe(group)),
    broadcast: (topic, body, { headers } = {}) =>
      use('broadcast', (wit) => wit.broadcast(topic, bytesOf(body), headersOf(headers))),
    listen: (topics) => use('listen', (wit) => listenerOf(wit.listen(listOf(topics)), use)),
    request: (topic, body, { headers, waitMs = usualRequest } = {}) =>
      use('request', (wit) =>
        received(wit.request(topic, bytesOf(body), headersOf(headers), milliseconds('a wait', waitMs))),
      ),
  };
  return messages;
}

type Use = <T>(operation: string, call: () => T) => Promise<T>;

function memberOf(group: string, wit: WitSubscription, use: Use): Subscription {
  function deliver(found: WitDelivery): Delivery {
    const { receipt, attempt, key, wantsReply } = found;
    return {
      ...received(found),
      key: key ?? undefined,
      attempt,
      wantsReply,
      receipt,
      ack: () => use('ack', () => wit.ack([receipt])),
      nack: (delayMs) =>
        use('nack', () => wit.nack(receipt, delayMs === undefined ? null : milliseconds('a delay', delayMs))),
      dead: (reason) => use('dead', () => wit.dead(receipt, reason.toWellFormed())),
      reply: (body, { headers } = {}) =>
        use('reply', () => wit.reply(receipt, bytesOf(body), headersOf(headers))),
    };
  }

  const subscription: Subscription = {
    group,
    receive: ({ max = usualMax, waitMs = 0 } = {}) =>
      use('receive', () => wit.receive(max, milliseconds('a wait', waitMs)).map(deliver)),
    ack: (deliveries) => use('ack', () => wit.ack(deliveries.map(({ receipt }) => receipt))),
    async *messages(options) {
      for (;;) {
        const deliveries = await subscription.receive(options);
        if (deliveries.length === 0) return;
        yield* deliveries;
      }
    },
    close: () => wit[Symbol.dispose](),
  };
  return subscription;
}

function listenerOf(wit: WitListener, use: Use): Listener {
  return {
    next: ({ max = usualMax, waitMs = 0 } = {}) =>
      use('listen', () => wit.next(max, milliseconds('a wait', waitMs)).map(received)),
    close: () => wit[Symbol.dispose](),
  };
}

function received({ id, topic, headers, body }: WitMessage): ReceivedBroadcast {
  const text = (): string => new TextDecoder().decode(body);
  return {
    id,
    topic,
    headers,
    header: (name) => headers.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1],
    body,
    text,
    json: <T>() => JSON.parse(text()) as T,
  };
}

function bytesOf(body: MessageBody): Uint8Array {
  return typeof body === 'string' ? encoder.encode(body) : body;
}

function headersOf(headers: BroadcastOptions['headers'] = {}): Header[] {
  return Object.entries(headers);
}

function listOf(topics: string | readonly string[]): string[] {
  return typeof topics === 'string' ? [topics] : [...topics];
}

function milliseconds(what: string, given: number): number {
  if (given >= 0 && given <= Number.MAX_SAFE_INTEGER) return Math.trunc(given);
  throw new RangeError(`${what} has 0 milliseconds or more, not ${given}`);
}

function writeJson(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError(`${typeof value} has no form in JSON`);
  return text;
}
