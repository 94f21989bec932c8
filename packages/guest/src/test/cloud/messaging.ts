import type {
  Delivery,
  Header,
  Message,
  PublishOptions,
  Listener as WitListener,
  Messages as WitMessages,
  Subscription as WitSubscription,
} from 'spiderlightning:cloud/messaging@0.6.0';
import { useData } from '../host.ts';
import { memoryMessages, notHeld } from '../memory-messages.ts';
import type { MemoryMessages } from '../memory-messages.ts';
import { witError } from '../wit-error.ts';

/** `spiderlightning:cloud/messaging` in plain Node: messages in memory, of the app that is under test. Nothing waits. */
export class Messages implements WitMessages {
  readonly #name: string;

  private constructor(name: string) {
    this.#name = name;
  }

  static open(name: string): Messages {
    const messages = new Messages(name);
    messages.#use();
    return messages;
  }

  publish(topic: string, body: Uint8Array, options: PublishOptions | null): string {
    const { headers = [], key = null, delayMs = null, id = null } = options ?? {};
    return this.#use().publish(topic, body, headers, key, delayMs ?? 0, id);
  }

  subscribe(group: string, topics: string[]): Subscription {
    this.#use().subscribe(group, topics);
    return new Subscription(() => this.#use(), group);
  }

  /** A queue's group is made by the first who joins it. */
  join(group: string): Subscription {
    const messages = this.#use();
    const known = messages.groups().some(({ name }) => name === group);
    if (group === 'queue' && !known) messages.subscribe(group, ['>']);
    else messages.find(group);
    return new Subscription(() => this.#use(), group);
  }

  unsubscribe(group: string): void {
    this.#use().unsubscribe(group);
  }

  broadcast(topic: string, body: Uint8Array, headers: Header[]): void {
    this.#use().broadcast(topic, body, headers);
  }

  listen(topics: string[]): Listener {
    return new Listener(this.#use(), topics);
  }

  request(topic: string): Message {
    this.#use();
    throw witError(
      'unsupported',
      `nobody answers under test: what the app asks on ${topic} needs a test of the built app`,
    );
  }

  [Symbol.dispose](): void {}

  #use(): MemoryMessages {
    return useData(memoryMessages, this.#name);
  }
}

export class Subscription implements WitSubscription {
  readonly #use: () => MemoryMessages;
  readonly #group: string;
  readonly #out = new Set<string>();

  constructor(use: () => MemoryMessages, group: string) {
    this.#use = use;
    this.#group = group;
  }

  receive(max: number, _waitMs: number): Delivery[] {
    const deliveries = this.#use().receive(this.#group, max);
    for (const { receipt } of deliveries) this.#out.add(receipt);
    return deliveries;
  }

  ack(receipts: string[]): void {
    for (const receipt of receipts) this.#out.delete(receipt);
    if (this.#use().ack(this.#group, receipts).length > 0) throw notHeld();
  }

  nack(receipt: string, delayMs: number | null): void {
    this.#out.delete(receipt);
    this.#use().nack(this.#group, receipt, delayMs);
  }

  dead(receipt: string, reason: string): void {
    this.#out.delete(receipt);
    this.#use().dead(this.#group, receipt, reason);
  }

  reply(_receipt: string, _body: Uint8Array, _headers: Header[]): void {
    throw witError('precondition-failed', 'this message wants no reply');
  }

  /** What was not answered has failed. */
  [Symbol.dispose](): void {
    for (const receipt of this.#out) this.#use().nack(this.#group, receipt, null);
    this.#out.clear();
  }
}

export class Listener implements WitListener {
  readonly #stop: () => void;
  readonly #heard: Message[] = [];

  constructor(messages: MemoryMessages, topics: readonly string[]) {
    this.#stop = messages.listen(topics, (message) => this.#heard.push(message));
  }

  next(max: number, _waitMs: number): Message[] {
    return this.#heard.splice(0, Math.max(1, max));
  }

  [Symbol.dispose](): void {
    this.#stop();
  }
}
