import type { Log } from '../../host/log/log.ts';
import type { Relay } from './command.ts';
import type { Connection } from './connection.ts';
import type { HeldEvent, HeldHandler } from './event.ts';

export interface TurnsOptions {
  /** Absent: the app wants to hear of nothing. */
  readonly handler: HeldHandler | undefined;
  /** Most events that run the app at once. */
  readonly events: number;
  readonly relay: Pick<Relay, 'settled'>;
  readonly log: Log;
}

/** Tells the app of events: of one connection one after the other, of all a few at a time. */
export interface Turns {
  /** Events that run the app now. */
  readonly running: number;
  tell(connection: Connection, event: HeldEvent): void;
}

export function createTurns({ handler, events: most, relay, log }: TurnsOptions): Turns {
  const waiting: Connection[] = [];
  let running = 0;

  // The connections take turns, one event each, so that a busy one holds up no other.
  function runNext(run: HeldHandler): void {
    while (running < most && waiting.length > 0) {
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
    const { id, origin, hold, line, events } = connection;
    const event = events.shift()!;
    try {
      await run({ id, channels: [...connection.channels], context: hold.context }, event, origin);
      // The next event finds what the app did in this one: channels that it joined, a connection that it closed.
      await relay.settled();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.host('error', `request ${origin.request}: on-${event.type} of its connection failed: ${reason}`);
      dropMessages(connection);
      line.end(1011, 'the app failed');
    }
  }

  return {
    get running() {
      return running;
    },
    tell(connection, event) {
      if (handler === undefined || !connection.hold.events[event.type]) return;
      connection.events.push(event);
      if (connection.running) return;
      connection.running = true;
      connection.line.pause();
      waiting.push(connection);
      runNext(handler);
    },
  };
}

/** What came before a connection was ended and was not told yet is told no more; that it ends is. */
export function dropMessages({ events }: Connection): void {
  events.splice(0, events.length, ...events.filter(({ type }) => type !== 'message'));
}
