import type { Hold } from '../http-message.ts';
import type { Encoded } from './encode.ts';
import type { HeldEvent, HeldOrigin } from './event.ts';

/** Where a connection's bytes go: one for each protocol. */
export interface Line {
  /** Bytes that the client has not taken yet. */
  readonly pending: number;
  write(message: Encoded): void;
  /** Asks for a sign of life; ends the line itself where there was none since it asked before. */
  beat(): void;
  /** Ends it in the protocol's own way, after what was written before; at once where the client takes nothing. */
  end(code: number, reason: string): void;
  /** Ends it at once. */
  destroy(): void;
  /** No further messages are read until `resume`. */
  pause(): void;
  resume(): void;
}

/** Milliseconds that a client is given to take the last bytes, and to answer a close. */
export const farewell = 5_000;

/** What one connection has gone through. */
export interface Connection {
  readonly id: string;
  readonly origin: HeldOrigin;
  readonly hold: Hold;
  readonly line: Line;
  readonly channels: Set<string>;
  /** Events that wait for those before. */
  readonly events: HeldEvent[];
  running: boolean;
  gone: boolean;
  /** Its client was too slow; that it is gone will be told. */
  letGo: boolean;
}
