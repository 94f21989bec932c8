import type { Connection as WitConnection } from 'spiderlightning:cloud/held-handler@0.6.0';
import type { Content } from 'spiderlightning:cloud/connections@0.6.0';
import type { ResponseBody } from 'spiderlightning:cloud/http-handler@0.6.0';

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
  /** The next piece of the body that is being sent; null at its end. */
  next?: () => Promise<Uint8Array | null>;
  held?: HeldHandler;
  /** Reads more of the request's body; null at its end. */
  read?: (max: number) => Uint8Array | null;
} = {};
