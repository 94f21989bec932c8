import { randomBytes } from 'node:crypto';
import type { Log } from '../../host/log.ts';
import type { Hold } from '../http-message.ts';
import type { HeldCommand, Relay } from './command.ts';
import type { Connection, Line } from './connection.ts';
import { encodeMessage } from './encode.ts';
import type { Encoded } from './encode.ts';
import type { HeldEvent, HeldHandler } from './event.ts';

export interface HeldOptions {
  /** Most connections of this process. */
  readonly connections: number;
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
}

/** The connections that this process holds. */
export interface HeldConnections {
  readonly count: number;
  /** Most bytes of one message. */
  readonly message: number;
  /** Whether there is room for one more. */
  admits(): boolean;
  /** Takes a connection. `lastEventId`: what the client says that it saw last. */
  add(
    hold: Hold,
    request: string,
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

/** Bytes beyond one message that may wait for a client: one that is slower is let go. */
const backlog = 1024 * 1024;

/** Keeps connections, carries out what the relay brings, and tells the app of events, one at a time for each. */
export function createConnections(options: HeldOptions): HeldConnections {
  const { handler, log } = options;
  const most = backlog + options.message;
  // Unique among all processes that share a relay, and nothing that a client could guess.
  const prefix = randomBytes(9).toString('base64url');
  const all = new Map<string, Connection>();
  const channels = new Map<string, Set<Connection>>();
  const waiting: Connection[] = [];
  let running = 0;
  let made = 0;
  let closing = false;

  options.relay.subscribe((command) => carryOut(command));
  const heart = setInterval(() => {
    for (const { line } of all.values()) line.beat();
  }, options.heartbeat);
  heart.unref();

  function carryOut(command: HeldCommand): void {
    if (command.type === 'broadcast') {
      const members = channels.get(command.channel);
      if (members === undefined) return;
      const encoded = encodeMessage(command.message);
      for (const connection of members) deliver(connection, encoded);
      return;
    }
    const connection = all.get(command.connection);
    if (connection === undefined) return;
    if (command.type === 'send') deliver(connection, encodeMessage(command.message));
    else if (command.type === 'close') connection.line.end(command.code, command.reason);
    else if (command.type === 'join') join(connection, command.channel);
    else leave(connection, command.channel);
  }

  function deliver({ line, request }: Connection, message: Encoded): void {
    line.write(message);
    if (line.pending <= most) return;
    log.host('info', `request ${request}: the client takes its messages too slowly; its connection is ended`);
    line.destroy();
  }

  function join(connection: Connection, channel: string): void {
    if (connection.channels.size >= mostChannels) return;
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

  function tell(connection: Connection, event: HeldEvent): void {
    if (handler === undefined || !connection.hold.events[event.type]) return;
    connection.events.push(event);
    if (connection.running) return;
    connection.running = true;
    connection.line.pause();
    waiting.push(connection);
    runNext(handler);
  }

  // The connections take turns, one event each, so that a busy one holds up no other.
  function runNext(run: HeldHandler): void {
    while (running < options.events && waiting.length > 0) {
      running++;
      const connection = waiting.shift()!;
      void runEvent(connection, run).finally(() => {
        running--;
        if (connection.events.length > 0) waiting.push(connection);
        else {
          connection.running = false;
          connection.line.resume();
        }
        runNext(run);
      });
    }
  }

  async function runEvent(connection: Connection, run: HeldHandler): Promise<void> {
    const { id, request, hold, line, events } = connection;
    const event = events.shift()!;
    try {
      await run({ id, channels: [...connection.channels], context: hold.context }, event, request);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.host('error', `request ${request}: on-${event.type} of its connection failed: ${reason}`);
      // What came after is not for an app that missed something; that it ends is.
      events.splice(0, events.length, ...events.filter(({ type }) => type === 'close'));
      line.end(1011, 'the app failed');
    }
  }

  function remove(connection: Connection, code: number, reason: string): void {
    if (connection.gone) return;
    connection.gone = true;
    all.delete(connection.id);
    const view = [...connection.channels];
    for (const channel of view) leave(connection, channel);
    // The app is told which channels it was on.
    for (const channel of view) connection.channels.add(channel);
    tell(connection, { type: 'close', code, reason });
  }

  return {
    get count() {
      return all.size;
    },
    message: options.message,
    admits: () => !closing && all.size < options.connections,
    add(hold, request, lastEventId, open) {
      const id = `${prefix}.${(++made).toString(36)}`;
      const line = open({
        message: (content) => tell(connection, { type: 'message', content }),
        closed: (code, reason) => remove(connection, code, reason),
      });
      const connection: Connection = {
        id,
        request,
        hold,
        line,
        channels: new Set(),
        events: [],
        running: false,
        gone: false,
      };
      all.set(id, connection);
      for (const channel of hold.channels) join(connection, channel);
      tell(connection, { type: 'open', lastEventId });
    },
    async close(bound) {
      closing = true;
      const end = performance.now() + bound;
      for (const { line } of [...all.values()]) line.end(1001, 'the host stops');
      while ((all.size > 0 || running > 0) && performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      clearInterval(heart);
      for (const { line } of [...all.values()]) line.destroy();
    },
  };
}
