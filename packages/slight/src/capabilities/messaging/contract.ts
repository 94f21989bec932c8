import type { MaybePromise } from '../core/backend.ts';
import type { Opened, Operations } from '../core/capability.ts';

/** What a backend may be able to do. Undeclared: the portable layer answers `unsupported`. */
export type MessagingFeature =
  | 'groups' // publish, and all that is done with what a group was delivered: at least once
  | 'ordered' // `order = "key"` can be had
  | 'delay' // publish for later
  | 'publish-once' // publish with an id
  | 'dead-letters' // what a group's dead letter holds can be looked at, sent again and thrown away
  | 'broadcast' // to everyone who listens: at most once
  | 'request' // a message that is answered
  | 'durable' // what was confirmed survives the death of this process
  | 'durable-server' // … where the server is set up for it
  | 'shared'; // several processes see the same messages

/** A name and its text. Names are tokens of HTTP, unique without regard to case; values are one line each. */
export type Header = readonly [name: string, value: string];

export interface Message {
  /** As it was published with, or the backend's own; the same in every delivery. */
  readonly id: string;
  readonly topic: string;
  readonly key?: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

/** A message as one member of a group has it, until its lease ends. */
export interface Delivery extends Message {
  readonly group: string;
  /** How often the group was given it, this time included; what was released does not count. */
  readonly attempt: number;
  /** For the answer. Opaque, and of no use once the lease has ended or the message was given to another. */
  readonly receipt: string;
  /** Milliseconds that the receipt is good for, from when it was given or last extended. */
  readonly lease: number;
  /** Somebody waits for `reply`. */
  readonly wantsReply: boolean;
}

export interface PublishOptions {
  readonly headers?: readonly Header[];
  /** With `order = "key"`, messages of one key reach a group one after the other, as they were published. */
  readonly key?: string;
  /** Milliseconds until it may be received. It holds back what is published after it under the same key. */
  readonly delay?: number;
  /** Within five minutes (`publishOnceWindow`) another publish with this id does nothing, whatever its topic and body. */
  readonly id?: string;
}

export interface ReceiveOptions {
  /** Most messages; there may be fewer. Default 1. */
  readonly max?: number;
  /** Milliseconds to wait for the first. Default 0. Who asks for more than a minute is answered early. */
  readonly wait?: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
  /** In place of the setting: a message with more attempts than this goes to the dead letter. Not for backends. */
  readonly attempts?: number;
}

export interface Group {
  readonly name: string;
  readonly topics: readonly string[];
}

/** How much a group has; where a backend can only estimate, it does. */
export interface Counts {
  /** To be received, now or later. */
  readonly waiting: number;
  /** With a member. */
  readonly leased: number;
  readonly dead: number;
}

/** A message in a group's dead letter. */
export interface DeadLetter extends Message {
  /** How often it was given out; one more than it was tried where it came here on its arrival, for too many attempts. */
  readonly attempts: number;
  readonly reason: string;
  /** When it came here, in milliseconds since 1970. */
  readonly at: number;
}

export interface DeadLetterPage {
  readonly letters: readonly DeadLetter[];
  /** For the next page. Absent: this was the last. */
  readonly cursor?: string;
}

/** Hears what is broadcast while it is open. */
export interface Listener {
  /**
   * What came since the answer before, at most `max`; waits for the first, up to `wait` milliseconds. Who is slow may miss
   * some.
   */
  next(max: number, wait: number): MaybePromise<readonly Message[]>;
  /** Ends a `next` that waits, too. */
  close(): void;
}

/** Milliseconds for which every backend remembers ids that messages were published with. */
export const publishOnceWindow = 5 * 60_000;

/**
 * Messages under one name: what backends implement, what the portable layer wraps, what dialects and triggers call.
 * Every method fails with a `CapabilityError` only.
 *
 * **A message whose publish was confirmed reaches every group that existed then and has a matching topic, at least once,
 * until that group acks it or it lies in that group's dead letter.** Groups know nothing of each other: retry and dead
 * letter are a group's own.
 *
 * What a backend must do, and what it need not. Its `context.config` has `attempts`, `lease` (milliseconds), `order` and the
 * rest of `settings.ts`, checked. Arguments reach it checked (`validate.ts`), of `receive` with `max` and `wait` filled in.
 * - A message that was given out is invisible to the group until its lease ends; then it is given out again. A receipt
 *   is for one delivery: an earlier one of the same message is worth nothing.
 * - It counts attempts, in its own storage, when it gives a message out: one that kills its consumers never answers.
 * - It never drops what no group has answered, nor decides on dead letters: the portable layer does, on arrival, and calls
 *   `dead`; then the backend stores the message in the group's dead letter first and settles it after, so that a crash
 *   between leaves it twice (with its id) and never lost.
 * - With `order = "key"`: of each key of a group, one message is out at a time, the oldest; one that waits for a retry
 *   holds back those after it. A receive gives at most one of a key.
 * - `receive` waits by itself, and answers with none when the wait is over, the signal aborts or it is closed. It should
 *   wake at once when something comes, and must within a second.
 * - Delays of `nack` are never shorter than asked for.
 * - Two names never see each other's messages, groups and ids.
 *
 * Retries after a nack without delay (`backoff`), requests' and waits' deadlines, refusals of what is not declared and the
 * queue of `queue = true` are the portable layer's, the same for all.
 */
export interface Messaging extends Opened {
  /** Confirms with the message's id. Nobody gets it where no group has the topic; that is no error. */
  publish(topic: string, body: Uint8Array, options?: PublishOptions): MaybePromise<string>;
  /**
   * Makes the group, or gives it other topics; what it has stays. From then on it gets what is published to them.
   * `topics`: `orders.created`; `*` is one part of a topic, and `>` at the end all that follow.
   */
  subscribe(group: string, topics: readonly string[]): MaybePromise<void>;
  /** Removes the group with all that it has, its dead letter included. One that is missing is no error. */
  unsubscribe(group: string): MaybePromise<void>;
  groups(): MaybePromise<readonly Group[]>;
  /** `not-found`: there is no such group. */
  receive(group: string, options?: ReceiveOptions): MaybePromise<readonly Delivery[]>;
  /**
   * The messages are done. Those whose receipts still hold are settled in any case; where others do not, it fails with
   * `precondition-failed` and `detail: { expired: string[] }`, their receipts.
   */
  ack(receipts: readonly string[]): MaybePromise<void>;
  /** Not done: it comes again, after a delay in milliseconds. Expired: `precondition-failed`. */
  nack(receipt: string, options?: { readonly delay?: number }): MaybePromise<void>;
  /** Never to be done: into the group's dead letter, for the reason given. Expired: `precondition-failed`. */
  dead(receipt: string, reason: string): MaybePromise<void>;
  /** Their leases begin again. As `ack` where some have expired. */
  extend(receipts: readonly string[]): MaybePromise<void>;
  /** Gives them back untouched, at once: the attempt does not count. Expired ones are no error. */
  release(receipts: readonly string[]): MaybePromise<void>;

  /** To everyone who listens now, in every process, at most once. */
  broadcast(topic: string, body: Uint8Array, headers?: readonly Header[]): MaybePromise<void>;
  listen(topics: readonly string[]): MaybePromise<Listener>;

  /**
   * Publishes, and waits for the first reply up to `wait` milliseconds, then `timeout`. `not-found`: no group has the topic.
   */
  request(
    topic: string,
    body: Uint8Array,
    options: { readonly headers?: readonly Header[]; readonly wait: number },
  ): MaybePromise<Message>;
  /** Answers a delivery that `wantsReply`, and acks it. Nobody may wait any more; that is no error. */
  reply(receipt: string, body: Uint8Array, headers?: readonly Header[]): MaybePromise<void>;

  count(group: string): MaybePromise<Counts>;
  /** The oldest first. */
  deadLetters(
    group: string,
    options?: { readonly cursor?: string; readonly limit?: number },
  ): MaybePromise<DeadLetterPage>;
  /** Back to the group, from the first attempt on, behind what it has; says how many. `ids` absent: all. */
  redrive(group: string, ids?: readonly string[]): MaybePromise<number>;
  /** Throws away; says how many. `ids` absent: all. */
  purge(group: string, ids?: readonly string[]): MaybePromise<number>;
}

export const messagingOperations: Operations<Messaging> = {
  publish: 'publish',
  subscribe: 'subscribe',
  unsubscribe: 'unsubscribe',
  groups: 'groups',
  receive: 'receive',
  ack: 'ack',
  nack: 'nack',
  dead: 'dead',
  extend: 'extend',
  release: 'release',
  broadcast: 'broadcast',
  listen: 'listen',
  request: 'request',
  reply: 'reply',
  count: 'count',
  deadLetters: 'dead-letters',
  redrive: 'redrive',
  purge: 'purge',
};
