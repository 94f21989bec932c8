import type { Connection as WitConnection } from 'spiderlightning:cloud/held-handler@0.6.0';
import type { Content } from 'spiderlightning:cloud/connections@0.6.0';
import type { ResponseBody } from 'spiderlightning:cloud/http-types@0.6.0';
import type { Piece } from 'spiderlightning:cloud/http-stream@0.6.0';
import type { Connection, ReceivedMessage } from './held.ts';

/** What stands in the place of an answer's body where there is more to come than bytes. */
export interface Live {
  /** Called once, when the answer leaves. */
  begin(): ResponseBody;
}

/** The interface `held-handler` as a guest exports it. */
export interface HeldHandler {
  onOpen(connection: WitConnection, lastEventId: string | null): Promise<void>;
  onMessage(connection: WitConnection, content: Content): Promise<void>;
  onClose(connection: WitConnection, code: number, reason: string): Promise<void>;
}

/**
 * Parts of the SDK that only some apps use. A module that offers one sets it when it is evaluated, so that an app which
 * does not name that module carries nothing of it.
 */
export const parts: {
  /** The next piece of the body that is being sent. */
  next?: () => Promise<Piece>;
  held?: HeldHandler;
  /** Reads more of the request's body; null at its end. */
  read?: (max: number) => Uint8Array | null;
} = {};

/** Hears of connections that the host holds. */
export interface HeldHandlers {
  /** `lastEventId`: what the client of an event stream saw last, where it comes back. */
  open?: (connection: Connection, lastEventId: string | undefined) => void | Promise<void>;
  message?: (connection: Connection, message: ReceivedMessage) => void | Promise<void>;
  close?: (connection: Connection, code: number, reason: string) => void | Promise<void>;
}

/** Those that the app has set. */
export const heldHandlers: HeldHandlers = {};

/** @throws {TypeError} for what is no function, and for a second handler of one kind */
export function setHeldHandler<Kind extends keyof HeldHandlers>(
  kind: Kind,
  handler: HeldHandlers[Kind],
): void {
  const name = `on${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
  if (typeof handler !== 'function') throw new TypeError(`${name}() takes a function, not ${typeof handler}`);
  if (heldHandlers[kind] !== undefined)
    throw new TypeError(`${name}() was called before: one handler hears of all`);
  heldHandlers[kind] = handler;
}
