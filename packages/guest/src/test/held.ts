import type { Content, Message } from 'spiderlightning:cloud/connections@0.6.0';
import type { Hold } from 'spiderlightning:cloud/http-types@0.6.0';
import { toHeldHandler } from '../entry.ts';
import type { HeldHandler } from '../live.ts';
import type { RequestHeaders } from '../request.ts';
import type { TestAnswer } from './answer.ts';
import { checkHold, mostChannels } from './held-rules.ts';
import { toTestMessage } from './host.ts';
import type { HeldCalls, TestMessage } from './host.ts';
import type { TestRequest } from './request.ts';

/** How a client connects, as a page or a program does. */
export interface TestConnect extends Pick<TestRequest, 'headers' | 'remote'> {
  /** The subprotocols that the client of a websocket offers. */
  readonly protocols?: readonly string[];
  /** The id that the client of an event stream saw last, where it comes back. */
  readonly lastEventId?: string;
}

/** What a client was sent. */
export type TestReceived = Pick<TestMessage, 'data' | 'event' | 'id'>;

/** A connection that the app holds, from its client's side. */
export interface TestConnection {
  /** What the app names it by. */
  readonly id: string;
  readonly kind: 'event-stream' | 'websocket';
  /** Headers of the answer that it began with. */
  readonly headers: RequestHeaders;
  /** The subprotocol that the app chose. */
  readonly protocol: string | undefined;
  /** The channels that it is on now. */
  readonly channels: readonly string[];
  /** What it was sent and what was broadcast to it, in order. Websockets know neither `event` nor `id`. */
  readonly received: readonly TestReceived[];
  /** How it was closed, by either side; undefined while it is open. */
  readonly closed: { readonly code: number; readonly reason: string } | undefined;
  /**
   * Sends a message over a websocket, what is no text or bytes as JSON; resolves once `onMessage` is over, and `onClose` where
   * that ended the connection.
   */
  readonly send: (message: string | Uint8Array | object) => Promise<void>;
  /** Leaves. `code` and `reason` are for websockets: 1000 (the default), or 3000 to 4999. Resolves once `onClose` is over. */
  readonly close: (code?: number, reason?: string) => Promise<void>;
}

/** The connections of one app under test. */
export interface TestHeld extends HeldCalls {
  /** Makes a connection of an answer that is to be held; resolves once `onOpen` is over. */
  open(path: string, answer: TestAnswer, how: TestConnect): Promise<TestConnection>;
}

interface Held {
  readonly id: string;
  readonly hold: Hold;
  readonly channels: Set<string>;
  readonly received: TestReceived[];
  closed: { readonly code: number; readonly reason: string } | undefined;
  /** The events so far: those of one connection come one after the other. */
  turn: Promise<void>;
}

/**
 * Holds connections as a host does, without any network.
 * @param call - runs something of the app with its capabilities
 * @param warn - takes what a host would say in its log
 */
export function createHeld(
  call: (run: () => Promise<void>) => Promise<void>,
  warn: (message: string) => void,
): TestHeld {
  const open = new Map<string, Held>();
  const handler = toHeldHandler();
  let made = 0;

  function tell(
    held: Held,
    type: keyof Hold['events'],
    event: (view: Parameters<HeldHandler['onOpen']>[0]) => Promise<void>,
  ): Promise<void> {
    if (!held.hold.events[type]) return held.turn;
    const over = held.turn.then(async () => {
      // What came before the end and was not told yet is told no more.
      if (type === 'message' && held.closed !== undefined) return;
      const { id, hold } = held;
      await call(() => event({ id, channels: [...held.channels], context: hold.context }));
    });
    held.turn = over.catch(() => undefined);
    return over;
  }

  function end(held: Held, code: number, reason: string): Promise<void> {
    if (held.closed !== undefined) return held.turn;
    held.closed = { code, reason };
    open.delete(held.id);
    return tell(held, 'close', (view) => handler.onClose(view, code, reason));
  }

  function deliver({ hold, received }: Held, message: Message): void {
    const { data, event, id } = toTestMessage(message);
    if (hold.kind.tag === 'websocket') received.push({ data, event: undefined, id: undefined });
    // An event stream carries text.
    else
      received.push({
        data: typeof data === 'string' ? data : Buffer.from(data).toString('base64'),
        event,
        id,
      });
  }

  function show(held: Held, headers: RequestHeaders): TestConnection {
    const { id, hold, channels, received } = held;
    const kind = hold.kind.tag;
    return {
      id,
      kind,
      headers,
      protocol: hold.kind.tag === 'websocket' ? (hold.kind.val ?? undefined) : undefined,
      get channels() {
        return [...channels];
      },
      received,
      get closed() {
        return held.closed;
      },
      async send(message) {
        if (kind === 'event-stream')
          throw new TypeError(
            'the client of an event stream sends nothing; the app answers with websocket() for that',
          );
        requireOpen(held);
        if (!hold.events.message)
          throw new TypeError(
            'the app hears of no messages; app.onMessage((connection, message) => …) sets what does',
          );
        const content = toContent(message);
        await tell(held, 'message', (view) => handler.onMessage(view, content));
        await held.turn;
      },
      async close(code, reason) {
        requireOpen(held);
        if (kind === 'websocket') return end(held, checkCode(code ?? 1000), reason ?? '');
        if (code !== undefined)
          throw new TypeError(
            'the client of an event stream leaves without a code; call close() without one',
          );
        // As a host tells of a client that is gone.
        return end(held, 1006, '');
      },
    };
  }

  return {
    async open(path, { status, headers, hold, text }, { protocols = [], lastEventId }) {
      if (hold === undefined) {
        throw new Error(
          `${path} was answered with ${status} and holds no connection: ${text.slice(0, 500)}\n` +
            '  fix: have its handler answer with sse() or websocket(); request() is for other answers',
        );
      }
      checkHold(hold, protocols);
      const id = `test-connection-${++made}`;
      const channels = new Set(hold.channels);
      const held: Held = { id, hold, channels, received: [], closed: undefined, turn: Promise.resolve() };
      open.set(id, held);
      const last = hold.kind.tag === 'event-stream' ? lastEventId : undefined;
      await tell(held, 'open', (view) => handler.onOpen(view, last ?? null));
      await held.turn;
      return show(held, headers);
    },
    broadcast(channel, message) {
      for (const held of open.values()) if (held.channels.has(channel)) deliver(held, message);
    },
    send(connection, message) {
      const held = open.get(connection);
      if (held !== undefined) deliver(held, message);
    },
    close(connection, code, reason) {
      const held = open.get(connection);
      // The event that says so is not over yet: nobody waits for this one here.
      if (held !== undefined) void end(held, code, reason).catch(() => undefined);
    },
    join(connection, channel) {
      const channels = open.get(connection)?.channels;
      if (channels === undefined || channels.has(channel)) return;
      if (channels.size < mostChannels) channels.add(channel);
      else warn(`the connection ${connection} is on ${mostChannels} channels and joins no more`);
    },
    leave: (connection, channel) => void open.get(connection)?.channels.delete(channel),
  };
}

function requireOpen({ id, closed }: Held): void {
  if (closed === undefined) return;
  const { code, reason } = closed;
  throw new Error(
    `${id} is closed (${code}${reason === '' ? '' : `, ${reason}`}); connect(…) opens another one`,
  );
}

function checkCode(code: number): number {
  if (code === 1000 || (code >= 3000 && code <= 4999)) return code;
  throw new RangeError(`a client closes with code 1000 or one from 3000 to 4999, not ${code}`);
}

function toContent(message: string | Uint8Array | object): Content {
  if (message instanceof Uint8Array) return { tag: 'binary', val: message };
  return { tag: 'text', val: typeof message === 'string' ? message : JSON.stringify(message) };
}
