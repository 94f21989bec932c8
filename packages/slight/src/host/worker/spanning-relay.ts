import type { Listener, Messaging } from '../../capabilities/messaging/contract.ts';
import { largestBody } from '../../capabilities/messaging/validate.ts';
import type { HeldCommand, Relay } from '../../triggers/held/command.ts';
import type { Log } from '../log/log.ts';
import { decodeCommands, encodeCommand } from './relay-frames.ts';

/** A relay that reaches connections which other hosts hold, too. */
export interface SpanningRelay extends Relay {
  /**
   * From now on what is said goes to other hosts.
   * @param hears - whether what they say is carried out here: this process holds connections
   * @throws {CapabilityError} where nothing can be heard: the backend has no broadcasts
   */
  join(messaging: Messaging, hears: boolean): Promise<void>;
  /** Sends what waits, for a moment, and hears no more. */
  leave(): Promise<void>;
}

export interface SpanningOptions {
  /** Reaches the connections of this host. */
  readonly local: Relay;
  /** Not the same on any two hosts; the same for all workers of one. */
  readonly host: string;
  readonly log: Pick<Log, 'host'>;
  /** Milliseconds before what could not be heard is tried again; for tests. */
  readonly pause?: number;
}

const topic = 'slight.held';
const sender = 'sender';
/** Bytes that may wait for the messages' server; what is said beyond them stays on this host. */
const mostWaiting = 4 * 1024 * 1024;
/** Bytes of one message, where several commands wait. */
const batch = 256 * 1024;
/** Milliseconds for which one look waits, and those that the last words have. */
const look = 20_000;
const farewell = 1_000;

/**
 * Clients of this host hear at once, by way of the local relay; those of others by a broadcast of messages: at most once, each
 * host's in its order.
 */
export function createSpanningRelay({ local, host, log, pause = 1_000 }: SpanningOptions): SpanningRelay {
  let deliver: (command: HeldCommand) => void = () => undefined;
  let messaging: Messaging | undefined;
  let listener: Listener | undefined;
  let left = false;
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let pumping: Promise<void> | undefined;
  /** What is wrong, as it was last told. */
  const troubles = new Map<string, string>();

  function tell(what: string, trouble: string | undefined): void {
    if (troubles.get(what) === trouble) return;
    if (trouble === undefined) {
      troubles.delete(what);
      log.host('info', `${what} again`);
    } else {
      troubles.set(what, trouble);
      log.host('warn', `not ${what}: ${trouble}. Clients of this host are served all the same`);
    }
  }

  function send(command: HeldCommand): void {
    const frame = encodeCommand(command);
    if (frame.length > largestBody)
      return log.host(
        'warn',
        `a message of ${frame.length} bytes is too large for other hosts (${largestBody})`,
      );
    if (bytes + frame.length > mostWaiting)
      return tell('all that is said reaches other hosts', 'they take it too slowly');
    waiting.push(frame);
    bytes += frame.length;
    pumping ??= pump().finally(() => (pumping = undefined));
  }

  /** One message after the other, so that they keep their order. */
  async function pump(): Promise<void> {
    while (waiting.length > 0) {
      let size = 0;
      const fits = waiting.findIndex((frame) => (size += frame.length) > batch);
      const frames = waiting.splice(0, fits === -1 ? waiting.length : Math.max(1, fits));
      const body = Buffer.concat(frames);
      try {
        await messaging!.broadcast(topic, body, [[sender, host]]);
        tell('what is said reaches other hosts', undefined);
      } catch (error) {
        tell('what is said reaches other hosts', (error as Error).message);
      }
      bytes -= body.length;
      if (waiting.length === 0) tell('all that is said reaches other hosts', undefined);
    }
  }

  async function hear(): Promise<void> {
    while (!left) {
      try {
        listener ??= await messaging!.listen([topic]);
        const messages = await listener.next(256, look);
        tell('what other hosts say is heard', undefined);
        for (const { headers, body } of messages) {
          if (headers.some(([name, value]) => name.toLowerCase() === sender && value === host)) continue;
          for (const command of decodeCommands(body)) deliver(command);
        }
      } catch (error) {
        if (left) return;
        tell('what other hosts say is heard', (error as Error).message);
        listener?.close();
        listener = undefined;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  return {
    publish(command) {
      if (messaging !== undefined && !left) send(command);
      return local.publish(command);
    },
    settled: () => local.settled(),
    subscribe(listen) {
      deliver = listen;
      local.subscribe(listen);
    },
    async join(given, hears) {
      if (hears) {
        listener = await given.listen([topic]);
        messaging = given;
        void hear();
      } else messaging = given;
    },
    async leave() {
      left = true;
      listener?.close();
      if (pumping !== undefined)
        await Promise.race([pumping, new Promise((resolve) => setTimeout(resolve, farewell).unref())]);
    },
  };
}
