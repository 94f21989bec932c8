import { randomBytes } from 'node:crypto';
import type { Log } from '../../host/log/log.ts';
import type { Hold } from '../http-message.ts';
import type { HeldCommand, HeldMessage, Relay } from './command.ts';
import type { Connection, Line } from './connection.ts';
import { encodeMessage } from './encode.ts';
import type { Encoded } from './encode.ts';
import type { HeldHandler, HeldOrigin } from './event.ts';
import { createTurns, dropMessages } from './turns.ts';

/** How many connections a process may hold, and what says so. */
export interface HeldBound {
  readonly count: number;
  readonly because: string;
}

export interface HeldOptions {
  readonly most: HeldBound;
  /** Most bytes of one message, in either direction. */
  readonly message: number;
  /** Milliseconds between signs of life. */
  readonly heartbeat: number;
  readonly relay: Relay;
  /** Absent: the app wants to hear of nothing. */
  readonly handler: HeldHandler | undefined;
  /** Most events that run the app at once. */
  readonly events: number;
  readonly log: Log;
  /** Most bytes that may wait for all clients; for tests. */
  readonly backlog?: number;
}

/** The connections that this process holds. */
export interface HeldConnections {
  readonly count: number;
  readonly most: HeldBound;
  /** Most bytes of one message. */
  readonly message: number;
  /** Whether all are being ended. */
  readonly closing: boolean;
  /** Whether there is room for one more. */
  admits(): boolean;
  /** Takes a connection. `lastEventId`: what the client says that it saw last. */
  add(
    hold: Hold,
    origin: HeldOrigin,
    lastEventId: string | undefined,
    open: (signals: LineSignals) => Line,
  ): void;
  /**
   * Ends all connections: event streams end, websockets close with 1001. Waits until their apps have heard of it, at
   * most `bound` milliseconds.
   */
  close(bound: number): Promise<void>;
}

/** What a line tells; never before it is there. */
export interface LineSignals {
  message(content: string | Uint8Array): void;
  /** The line is gone. Told once. */
  closed(code: number, reason: string): void;
}

/** Most channels of one connection. */
export const mostChannels = 64;

const mebibyte = 1024 * 1024;
/** Bytes beyond one message that may wait for a client: one that is further behind is let go. */
const lag = 8 * mebibyte;
/** Bytes that may wait for all clients together, a message to many counted once: then those furthest behind are let go. */
const backlogOfAll = 256 * mebibyte;

/** Keeps connections, carries out what the relay brings, and tells the app of events. */
export function createConnections(options: HeldOptions): HeldConnections {
  const { relay, log, most } = options;
  const furthest = lag + options.message;
  const mostWaiting = Math.max(options.backlog ?? backlogOfAll, furthest);
  // Unique among all processes that share a relay, and nothing that a client could guess.
  const prefix = randomBytes(9).toString('base64url');
  const all = new Map<string, Connection>();
  const channels = new Map<string, Set<Connection>>();
  const turns = createTurns(options);
  const backlog = { bytes: 0 };
  let made = 0;
  let closing = false;
  let relieving = false;

  relay.subscribe((command) => carryOut(command));
  const heart = setInterval(() => {
    for (const { line } of all.values()) line.beat();
  }, options.heartbeat);
  heart.unref();

  function carryOut(command: HeldCommand): void {
    if (command.type === 'broadcast') {
      const members = channels.get(command.channel);
      if (members !== undefined) deliver(members, command.message);
      return;
    }
    const connection = all.get(command.connection);
    if (connection === undefined) return;
    if (command.type === 'send') deliver([connection], command.message);
    else if (command.type === 'join') join(connection, command.channel);
    else if (command.type === 'leave') leave(connection, command.channel);
    else {
      dropMessages(connection);
      connection.line.end(command.code, command.reason);
    }
  }

  function deliver(to: Iterable<Connection>, message: HeldMessage): void {
    const encoded: Encoded = encodeMessage(message, backlog);
    for (const connection of to) {
      connection.line.write(encoded);
      if (connection.line.pending > furthest) letGo(connection);
    }
    if (backlog.bytes <= mostWaiting || relieving) return;
    // What they held is given back in the next turn.
    relieving = true;
    setImmediate(() => (relieving = false));
    for (let excess = backlog.bytes - mostWaiting; excess > 0;) {
      const last = furthestBehind();
      if (last === undefined) return;
      excess -= last.line.pending;
      letGo(last);
    }
  }

  function furthestBehind(): Connection | undefined {
    let last: Connection | undefined;
    let pending = 0;
    for (const connection of all.values()) {
      if (connection.line.pending <= pending || connection.letGo) continue;
      last = connection;
      pending = connection.line.pending;
    }
    return last;
  }

  function letGo(connection: Connection): void {
    if (connection.letGo) return;
    connection.letGo = true;
    const { line, origin } = connection;
    log.host(
      'info',
      `request ${origin.request}: the client takes its messages too slowly; its connection is ended`,
    );
    line.destroy();
  }

  function join(connection: Connection, channel: string): void {
    if (connection.channels.has(channel)) return;
    if (connection.channels.size >= mostChannels) {
      const { request } = connection.origin;
      log.host('warn', `request ${request}: its connection is on ${mostChannels} channels and joins no more`);
      return;
    }
    connection.channels.add(channel);
    const members = channels.get(channel);
    if (members === undefined) channels.set(channel, new Set([connection]));
    else members.add(connection);
  }

  function leave(connection: Connection, channel: string): void {
    connection.channels.delete(channel);
    const members = channels.get(channel);
    if (members?.delete(connection) && members.size === 0) channels.delete(channel);
  }

  function remove(connection: Connection, code: number, reason: string): void {
    if (connection.gone) return;
    connection.gone = true;
    all.delete(connection.id);
    const view = [...connection.channels];
    for (const channel of view) leave(connection, channel);
    // The app is told which channels it was on.
    for (const channel of view) connection.channels.add(channel);
    turns.tell(connection, { type: 'close', code, reason });
  }

  return {
    get count() {
      return all.size;
    },
    get closing() {
      return closing;
    },
    most,
    message: options.message,
    admits: () => !closing && all.size < most.count,
    add(hold, origin, lastEventId, open) {
      const id = `${prefix}.${(++made).toString(36)}`;
      const line = open({
        message: (content) => turns.tell(connection, { type: 'message', content }),
        closed: (code, reason) => remove(connection, code, reason),
      });
      const connection: Connection = {
        id,
        origin,
        hold,
        line,
        channels: new Set(),
        events: [],
        running: false,
        gone: false,
        letGo: false,
      };
      all.set(id, connection);
      for (const channel of hold.channels) join(connection, channel);
      turns.tell(connection, { type: 'open', lastEventId });
    },
    async close(bound) {
      closing = true;
      const end = performance.now() + bound;
      for (const { line } of all.values()) line.end(1001, 'the host stops');
      while ((all.size > 0 || turns.running > 0) && performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      clearInterval(heart);
      for (const { line } of all.values()) line.destroy();
    },
  };
}
