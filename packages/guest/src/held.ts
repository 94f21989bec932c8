import { broadcast as hostBroadcast, close, join, leave, send } from '#cloud/connections';
import type { Content, Message as WitMessage } from 'spiderlightning:cloud/connections@0.6.0';
import type { Connection as WitConnection } from 'spiderlightning:cloud/held-handler@0.6.0';
import type { HeldKind } from 'spiderlightning:cloud/http-types@0.6.0';
import type { Answer, HeadersInit } from './answer.ts';
import { status } from './answer.ts';
import { translateErrors } from './error.ts';
import { heldHandlers, parts } from './live.ts';
import { log } from './log.ts';
import { requireServing } from './phase.ts';
import { TextDecoder, TextEncoder } from './platform/text.ts';
import { inspect } from './platform/inspect.ts';

/** A message: text, bytes, or anything else, which is sent as JSON. */
export type Sendable = string | Uint8Array | { readonly [key: string]: unknown } | readonly unknown[];

/** What event streams know besides the message; websockets have no such thing. */
export interface SendOptions {
  /** The type of the event. Default: clients take it for `message`. */
  readonly event?: string;
  /** A client that comes back tells the last id that it saw: `onOpen` gets it. */
  readonly id?: string;
}

/** A connection that the host holds for the app. */
export interface Connection {
  readonly id: string;
  /** The channels that it was on when the event happened. */
  readonly channels: readonly string[];
  /** What `sse` or `websocket` was given, as it comes back from JSON. */
  readonly context: unknown;
  /** Sends to this connection alone. That it is gone is no error. */
  send(message: Sendable, options?: SendOptions): void;
  /** Ends it. `code` and `reason` are for websockets: 1000 (the default), or 3000 to 4999. */
  close(code?: number, reason?: string): void;
  join(channel: string): void;
  leave(channel: string): void;
}

/** What a client sent over a websocket. */
export interface ReceivedMessage {
  /** As it came. */
  readonly data: string | Uint8Array;
  /** As text; bytes are read as UTF-8. */
  text(): string;
  /** As JSON, unchecked. @throws {SyntaxError} */
  json<T = unknown>(): T;
}

export interface HoldInit {
  /** What is broadcast there reaches the client. */
  readonly channel?: string;
  readonly channels?: readonly string[];
  /** Comes with every event of the connection; JSON, up to 64 KiB. */
  readonly context?: unknown;
  readonly headers?: HeadersInit;
}

const encoder = new TextEncoder();

/** Answers with an event stream, which the host keeps open: `sse({ channel: 'news' })`. */
export function sse(init: HoldInit & { readonly retryMs?: number } = {}): Answer {
  return hold({ tag: 'event-stream', val: init.retryMs ?? null }, 200, init);
}

/** Answers with a websocket, which the host keeps open. `protocol`: the subprotocol, one that the client offers. */
export function websocket(init: HoldInit & { readonly protocol?: string } = {}): Answer {
  return hold({ tag: 'websocket', val: init.protocol ?? null }, 200, init);
}

/** Sends to every connection on a channel, in whatever process of the host it is held. */
export function broadcast(channel: string, message: Sendable, options: SendOptions = {}): void {
  requireServing(`broadcast() on ${JSON.stringify(channel)} was called`);
  translateErrors(() => hostBroadcast(channel, toMessage(message, options)));
}

function hold(kind: HeldKind, code: number, init: HoldInit): Answer {
  const channels = [...(init.channel === undefined ? [] : [init.channel]), ...(init.channels ?? [])];
  const context = init.context === undefined ? '' : JSON.stringify(init.context);
  if (context === undefined)
    throw new TypeError(`a context of type ${typeof init.context} has no form in JSON`);
  return {
    ...status(code, init.headers),
    live: {
      begin: () => ({
        tag: 'hold',
        val: {
          kind,
          channels: channels.map((channel) => channel.toWellFormed()),
          context: encoder.encode(context),
          events: {
            open: heldHandlers.open !== undefined,
            message: heldHandlers.message !== undefined,
            close: heldHandlers.close !== undefined,
          },
        },
      }),
    },
  };
}

parts.held = {
  onOpen: (connection, lastEventId) =>
    run('onOpen', connection, (shown) => heldHandlers.open?.(shown, lastEventId ?? undefined)),
  onMessage: (connection, content) =>
    run('onMessage', connection, (shown) => heldHandlers.message?.(shown, received(content))),
  onClose: (connection, code, reason) =>
    run('onClose', connection, (shown) => heldHandlers.close?.(shown, code, reason)),
};

/** What a handler throws is logged here, where its stack is known, and ends the connection. */
async function run(
  name: string,
  connection: WitConnection,
  call: (shown: Connection) => void | Promise<void>,
): Promise<void> {
  try {
    await call(show(connection));
  } catch (error) {
    log('error', `${name} failed: ${inspect(error)}`);
    close(connection.id, 1011, 'the app failed');
  }
}

function show({ id, channels, context }: WitConnection): Connection {
  const text = new TextDecoder().decode(context);
  return {
    id,
    channels,
    context: text === '' ? undefined : JSON.parse(text),
    send: (message, options = {}) => translateErrors(() => send(id, toMessage(message, options))),
    close: (code = 1000, reason = '') => translateErrors(() => close(id, code, reason.toWellFormed())),
    join: (channel) => translateErrors(() => join(id, channel.toWellFormed())),
    leave: (channel) => translateErrors(() => leave(id, channel.toWellFormed())),
  };
}

function received(content: Content): ReceivedMessage {
  const data = content.val;
  const text = () => (typeof data === 'string' ? data : new TextDecoder().decode(data));
  return { data, text, json: <T>() => JSON.parse(text()) as T };
}

function toMessage(message: Sendable, { event, id }: SendOptions): WitMessage {
  return { content: toContent(message), event: event ?? null, id: id ?? null };
}

function toContent(message: Sendable): Content {
  if (message instanceof Uint8Array) return { tag: 'binary', val: message };
  const text = typeof message === 'string' ? message : (JSON.stringify(message) as string | undefined);
  if (text === undefined) throw new TypeError(`${typeof message} has no form in JSON`);
  return { tag: 'text', val: text.toWellFormed() };
}
