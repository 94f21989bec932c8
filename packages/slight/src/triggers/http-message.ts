import type { RequestWatch } from '../telemetry/watch.ts';

/** A body that is read as it comes. */
export interface IncomingBody {
  /**
   * The next bytes, at most `max`; undefined at the end.
   * @throws {BodyFailure}
   */
  read(max: number): Promise<Uint8Array | undefined>;
}

/** Why a body that is read as it comes cannot be read on. */
export class BodyFailure extends Error {
  override readonly name = 'BodyFailure';
  readonly reason: 'too-large' | 'too-slow' | 'broken-off';
  constructor(reason: BodyFailure['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A request as handlers get it, whatever interface the guest speaks. */
export interface HttpRequest {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  /** Lower-case names, in order of arrival, without the headers that concern one connection only. */
  readonly headers: [string, string][];
  /** Whole, or on its way. */
  readonly body: Uint8Array | IncomingBody;
  /** Address of the client. */
  readonly remote: string;
  readonly id: string;
  /** Hears how it goes, where somebody wants to know. */
  readonly watch?: RequestWatch | undefined;
}

/** Most headers of an answer: each takes many times the bytes that it takes a guest to write one. */
export const mostHeaders = 10_000;

/** What a handler answers. It comes from a guest: nothing in it has been checked. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | string | OutgoingBody | Hold;
}

/** A body that is made while it is sent. */
export interface OutgoingBody {
  readonly kind: 'stream';
  /** The next piece; undefined: it is whole. One call at a time. @throws {HttpFailure} */
  next(): Promise<Uint8Array | undefined>;
  /** Called once, when no more is wanted, and not while `next` is under way. */
  close(): void;
}

/** A connection to keep. */
export interface Hold {
  readonly kind: 'hold';
  readonly protocol:
    | { readonly name: 'event-stream'; readonly retryMs: number | undefined }
    | { readonly name: 'websocket'; readonly subprotocol: string | undefined };
  readonly channels: readonly string[];
  /** The app's own. */
  readonly context: Uint8Array;
  /** What the app wants to hear of. */
  readonly events: { readonly open: boolean; readonly message: boolean; readonly close: boolean };
}

/** @throws {HttpFailure} */
export type HttpHandler = (request: HttpRequest, signal: AbortSignal) => Promise<HttpResponse>;

/** A request that ends with an answer of the host's own: plain text, saying no more than the client may know. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  /** For the host's log alone. */
  readonly reason: string | undefined;
  constructor(
    status: number,
    message: string,
    details: { headers?: readonly (readonly [string, string])[]; reason?: string } = {},
  ) {
    super(message);
    this.status = status;
    this.headers = details.headers ?? [];
    this.reason = details.reason;
  }
}

/** The failure of an app whose answer cannot be sent. @param reason for the log */
export function notHttp(reason: string): HttpFailure {
  return new HttpFailure(502, 'The app gave an answer that is not HTTP.', { reason });
}

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Whether a header concerns one connection only and is not passed on. `listed`: what `Connection` names. */
export function isHopByHop(name: string, listed?: ReadonlySet<string>): boolean {
  return hopByHop.has(name) || (listed !== undefined && listed.has(name));
}

/** The header names that `Connection` declares to be for this connection only: of as many as there may be headers. */
export function connectionOptions(value: string | undefined): ReadonlySet<string> | undefined {
  if (value === undefined || !/[^\s,]/.test(value) || /^(keep-alive|close)$/i.test(value)) return undefined;
  return new Set(value.split(',', mostHeaders).map((name) => name.trim().toLowerCase()));
}
