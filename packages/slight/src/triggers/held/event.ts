import type { TraceContext } from '../../telemetry/context.ts';

/** The request that a connection began as. */
export interface HeldOrigin {
  /** Its id. */
  readonly request: string;
  /** Where requests are traced. */
  readonly trace: TraceContext | undefined;
}

/** What happens on a connection. */
export type HeldEvent =
  | { readonly type: 'open'; readonly lastEventId: string | undefined }
  | { readonly type: 'message'; readonly content: string | Uint8Array }
  | { readonly type: 'close'; readonly code: number; readonly reason: string };

/** A connection as an app sees it. */
export interface HeldView {
  readonly id: string;
  readonly channels: readonly string[];
  readonly context: Uint8Array;
}

/** Tells the app. Rejects where the app failed, or had no time. */
export type HeldHandler = (connection: HeldView, event: HeldEvent, origin: HeldOrigin) => Promise<void>;
