import type { Request, Response } from 'spiderlightning:cloud/http-types@0.6.0';
import type { Answer } from './answer.ts';
import type { Reply } from './reply.ts';

/**
 * What the default export of an entry may be: a router, an object that has the interface already, or a function from request
 * to answer, which gets the request as the interface has it.
 */
export type App =
  | { handle(request: Request): Promise<Answer | Response> }
  | ((request: Request) => Reply | Response | Promise<Reply | Response>);

/** A message that a subscription brought. What nothing else is said of is done when the handler is. */
export interface Message {
  /** The same whenever the message comes again. */
  readonly id: string;
  readonly topic: string;
  /** The subscription that brought it, by its name in the slightfile. */
  readonly subscription: string;
  /** How often it was brought, from 1. */
  readonly attempt: number;
  readonly key: string | undefined;
  /** The value of a header; names are compared without regard to case. */
  header(name: string): string | undefined;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  /** The body, read as UTF-8. */
  text(): string;
  /** The body as JSON, unchecked. @throws {SyntaxError} */
  json<T = unknown>(): T;
  /** Whether the publisher waits for `reply`. */
  readonly wantsReply: boolean;
  /** Answers whoever waits for it: text, bytes, or anything else as JSON. The message is done. */
  reply(body: string | Uint8Array | object): void;
  /** Has it brought again, after `delayMs`, or when the slightfile says. What the handler throws does the same. */
  nack(delayMs?: number): void;
  /** Puts it to the dead letters: it can never be done. */
  dead(reason: string): void;
}

/** A planned time that has come. */
export interface ScheduleEvent {
  /** The schedule's name in the slightfile. */
  readonly name: string;
  /** The time that was planned. */
  readonly time: Date;
}

/** Keys of a store that were written to. */
export interface ChangeEvent {
  /** The watch's name in the slightfile. */
  readonly name: string;
  readonly store: string;
  /** Several changes of a key may come as one; `openStore(store)` says what it holds now. */
  readonly keys: readonly string[];
  /** Changes may have been missed: look at all that matters. */
  readonly resync: boolean;
}

/** `export const onMessage: MessageHandler = async (message) => { … }` */
export type MessageHandler = (message: Message) => void | Promise<void>;
/** `export const onSchedule: ScheduleHandler = async (event) => { … }` */
export type ScheduleHandler = (event: ScheduleEvent) => void | Promise<void>;
/** `export const onChange: ChangeHandler = async (event) => { … }` */
export type ChangeHandler = (event: ChangeEvent) => void | Promise<void>;
/** `export const command: CommandHandler = async (args) => { … }`. It gives the exit code, 0 to 255; nothing is 0. */
export type CommandHandler = (args: readonly string[]) => number | void | Promise<number | void>;
