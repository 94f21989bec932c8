import type { Delivery, Header, Message } from 'spiderlightning:cloud/messaging@0.6.0';
import type { TestKind } from './host.ts';
import { witError } from './wit-error.ts';

interface Entry {
  readonly message: Message & { readonly key: string | null };
  attempt: number;
  /** Milliseconds since 1970 from which it may be received. */
  due: number;
  /** Of the member that has it; a test's clock takes it from nobody. */
  receipt: string | undefined;
}

interface Group {
  readonly name: string;
  topics: readonly string[];
  entries: Entry[];
  readonly dead: DeadLetter[];
}

/** A message that the app gave up, or that was tried too often. */
export interface DeadLetter {
  readonly id: string;
  readonly topic: string;
  readonly body: Uint8Array;
  readonly reason: string;
}

const mostAttempts = 5;
const window = 5 * 60_000;
const mostBody = 1024 * 1024;

/**
 * Messages as the contract has them, with the settings that a slightfile has by itself and `order = "key"`, so that an app
 * sees under test what it may meet.
 */
export class MemoryMessages {
  readonly #groups = new Map<string, Group>();
  readonly #published = new Map<string, number>();
  readonly #listeners = new Set<(message: Message) => void>();
  readonly #now: () => number;
  #count = 0;

  /** `now`: milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  publish(
    topic: string,
    body: Uint8Array,
    headers: Header[],
    key: string | null,
    delay: number,
    id: string | null,
  ): string {
    checkMessage(topic, body, headers);
    checkText('key', key, 256);
    checkText('id', id, 128);
    if (!(delay >= 0 && delay <= 365 * 24 * 3_600_000))
      throw witError('invalid-argument', `a delay of ${delay} ms. It is 0 or above, and at most a year`);
    const at = id === null ? undefined : this.#published.get(id);
    if (at !== undefined && at > this.#now() - window) return id!;
    if (id !== null) this.#published.set(id, this.#now());
    const message = { id: id ?? this.#newId(), topic, headers, body: body.slice(), key };
    for (const group of this.#groups.values())
      if (group.topics.some((pattern) => matches(pattern, topic)))
        group.entries.push({ message, attempt: 0, due: this.#now() + delay, receipt: undefined });
    return message.id;
  }

  subscribe(name: string, topics: readonly string[]): void {
    checkGroup(name);
    checkPatterns(topics);
    const known = this.#groups.get(name);
    if (known !== undefined) known.topics = topics;
    else this.#groups.set(name, { name, topics, entries: [], dead: [] });
  }

  unsubscribe(name: string): void {
    checkGroup(name);
    this.#groups.delete(name);
  }

  groups(): { readonly name: string; readonly topics: readonly string[] }[] {
    return Array.from(this.#groups.values(), ({ name, topics }) => ({ name, topics }));
  }

  find(name: string): Group {
    checkGroup(name);
    const group = this.#groups.get(name);
    if (group === undefined) throw witError('not-found', `there is no group ${JSON.stringify(name)}`);
    return group;
  }

  receive(name: string, max: number): Delivery[] {
    const group = this.find(name);
    const busy = new Set<string>();
    const taken: Delivery[] = [];
    for (const entry of Array.from(group.entries)) {
      if (taken.length >= Math.max(1, max)) break;
      const { key } = entry.message;
      const waits = entry.receipt !== undefined || entry.due > this.#now() || busy.has(key ?? '');
      if (key !== null) busy.add(key);
      if (waits) continue;
      entry.receipt = `r${++this.#count}`;
      if (++entry.attempt > mostAttempts) this.#bury(group, entry, `not done after ${mostAttempts} attempts`);
      else taken.push({ ...entry.message, body: entry.message.body.slice(), ...this.#state(entry) });
    }
    return taken;
  }

  /** Gives the receipts that are nobody's. */
  ack(name: string, receipts: readonly string[]): string[] {
    const group = this.find(name);
    const entries = receipts.map((receipt) => group.entries.find((entry) => entry.receipt === receipt));
    group.entries = group.entries.filter((entry) => !entries.includes(entry));
    return receipts.filter((_, index) => entries[index] === undefined);
  }

  nack(name: string, receipt: string, delayMs: number | null): void {
    const entry = this.#held(name, receipt);
    entry.receipt = undefined;
    entry.due = this.#now() + (delayMs ?? Math.min(1_000 * 2 ** (entry.attempt - 1), window));
  }

  dead(name: string, receipt: string, reason: string): void {
    this.#bury(this.find(name), this.#held(name, receipt), reason);
  }

  broadcast(topic: string, body: Uint8Array, headers: Header[]): void {
    checkMessage(topic, body, headers);
    const message = { id: this.#newId(), topic, headers, body: body.slice() };
    for (const hear of this.#listeners) hear(message);
  }

  /** Calls back with what is broadcast on the topics, until what it gives is called. */
  listen(topics: readonly string[], hear: (message: Message) => void): () => void {
    checkPatterns(topics);
    const own = (message: Message): void => {
      if (topics.some((pattern) => matches(pattern, message.topic))) hear(message);
    };
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  #state({ attempt, receipt }: Entry) {
    return { attempt, receipt: receipt!, wantsReply: false };
  }

  #held(name: string, receipt: string): Entry {
    const entry = this.find(name).entries.find((each) => each.receipt === receipt);
    if (entry === undefined) throw notHeld();
    return entry;
  }

  #bury(group: Group, entry: Entry, reason: string): void {
    const { id, topic, body } = entry.message;
    group.dead.push({ id, topic, body, reason });
    group.entries = group.entries.filter((each) => each !== entry);
  }

  #newId(): string {
    return `message-${++this.#count}`;
  }
}

/** The messages of an app under test. */
export const memoryMessages: TestKind<MemoryMessages> = {
  noun: 'messages',
  option: 'messages',
  make: (host) => new MemoryMessages(host.now),
};

export function notHeld(): Error {
  return witError('precondition-failed', 'the message is not in the hands of this member any more');
}

function matches(pattern: string, topic: string): boolean {
  const source = pattern.replace(/\./g, '\\.').replace(/\*/g, '[^.]+').replace(/>$/, '.+');
  return new RegExp(`^${source}$`).test(topic);
}

function checkMessage(topic: string, body: Uint8Array, headers: readonly Header[]): void {
  if (topic.length > 200 || !/^[\w-]+(\.[\w-]+)*$/.test(topic))
    throw witError('invalid-argument', `${JSON.stringify(topic)} is no topic, such as orders.created`);
  if (body.byteLength > mostBody)
    throw witError('invalid-argument', `the body has ${body.byteLength} bytes. A message has up to 1 MiB`);
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const size = headers.reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value), 0);
  const wrong = headers.some(
    ([name, value]) =>
      !/^(?!slight-)[!#$%&'*+.^_`|~\w-]{1,128}$/i.test(name) ||
      /[\r\n\0]/.test(value) ||
      !value.isWellFormed(),
  );
  if (wrong || names.size < headers.length || size > 8_192)
    throw witError(
      'invalid-argument',
      'headers are tokens, each once, with a line of text, up to 8 KiB in all',
    );
}

function checkPatterns(topics: readonly string[]): void {
  const fits = (topic: string) => topic.length <= 200 && /^(([\w-]+|\*)\.)*([\w-]+|\*|>)$/.test(topic);
  if (topics.length < 1 || topics.length > 100 || !topics.every(fits))
    throw witError('invalid-argument', `${JSON.stringify(topics)} are no 1 to 100 patterns of topics`);
}

function checkGroup(name: string): void {
  if (!/^[\w-]{1,64}$/.test(name))
    throw witError('invalid-argument', `${JSON.stringify(name)} is no name of a group`);
}

function checkText(what: string, text: string | null, most: number): void {
  if (text === null) return;
  const bytes = Buffer.byteLength(text);
  if (bytes < 1 || bytes > most || !text.isWellFormed() || /\p{Cc}/u.test(text))
    throw witError(
      'invalid-argument',
      `the ${what} has 1 to ${most} bytes of UTF-8, and no control characters`,
    );
}
