import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Headers, Step } from './request.ts';

/** One request to one server, as it goes on. */
export interface Answer {
  readonly head: { readonly status: number; readonly headers: [string, string][] } | undefined;
  /** Whether something can be taken, or never will. */
  readonly readable: boolean;
  /** Whether the body has come whole. */
  readonly whole: boolean;
  /** What went wrong. What came before can still be taken. */
  readonly failure: Error | undefined;
  /** The next bytes, at most `max`; undefined where there are none yet. */
  take(max: number): Uint8Array | undefined;
  /** More of the request's body. False: wait for `roomy`. */
  write(bytes: Uint8Array): boolean;
  readonly roomy: boolean;
  finish(): void;
  /** Ends it, whatever its state. */
  end(reason: Error): void;
}

/** Bytes that may wait for the app, and those that may wait for the server. */
const enough = 64 * 1024;

/**
 * Sends a step's request.
 * @param changed - called whenever something is different
 */
export function startAnswer(dispatcher: Dispatcher, step: Step, extra: Headers, changed: () => void): Answer {
  const { url, method, body } = step;
  const chunks: Buffer[] = [];
  let waiting = 0;
  let head: Answer['head'];
  let whole = false;
  let failure: Error | undefined;
  let ended: Error | undefined;
  let roomy = true;
  let controller: Dispatcher.DispatchController | undefined;
  let sent = false;
  // Whoever is told has the answer in hands.
  const tell = () => (sent ? changed() : queueMicrotask(changed));
  const upload = body === 'stream' ? openUpload(() => void ((roomy = true), tell())) : undefined;

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(given) {
      controller = given;
      if (ended !== undefined) given.abort(ended);
    },
    onResponseStart(given, status) {
      // What comes before the answer (100, 103) is none.
      if (status < 200) return;
      head = { status, headers: readHeaders(given.rawHeaders) };
      tell();
    },
    onResponseData(given, chunk) {
      chunks.push(chunk);
      waiting += chunk.length;
      if (waiting >= enough) given.pause();
      tell();
    },
    onResponseEnd() {
      whole = true;
      tell();
    },
    onResponseError(_given, error) {
      failure ??= error;
      tell();
    },
  };
  dispatcher.dispatch(
    {
      origin: url.origin,
      path: url.pathname + url.search,
      method: method as Dispatcher.HttpMethod,
      headers: [...step.headers, ...extra].flat(),
      body: upload ?? (body === 'stream' ? undefined : body) ?? null,
      // The exchange has clocks of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
    },
    handler,
  );
  sent = true;

  return {
    get head() {
      return head;
    },
    get readable() {
      return waiting > 0 || whole || failure !== undefined;
    },
    get whole() {
      return whole;
    },
    get failure() {
      return failure;
    },
    get roomy() {
      return roomy || upload!.destroyed;
    },
    take(max) {
      const first = chunks[0];
      if (first === undefined) return undefined;
      const piece = first.subarray(0, max);
      if (piece.length === first.length) chunks.shift();
      else chunks[0] = first.subarray(max);
      waiting -= piece.length;
      if (waiting < enough && controller?.paused) controller.resume();
      return piece;
    },
    write(bytes) {
      // The server has its answer already, or is gone.
      if (upload!.destroyed) return true;
      roomy = upload!.push(bytes);
      return roomy;
    },
    finish() {
      if (!upload!.destroyed) upload!.push(null);
    },
    end(reason) {
      ended = reason;
      if (!whole && failure === undefined) controller?.abort(reason);
      upload?.destroy();
    },
  };
}

function openUpload(onRoom: () => void): Readable {
  return new Readable({ highWaterMark: enough, read: onRoom }).on('error', () => undefined);
}

/** Lower-case names; without what concerns the connection only. */
function readHeaders(raw: Dispatcher.DispatchController['rawHeaders']): [string, string][] {
  const flat = raw as readonly (Buffer | string)[];
  const headers: [string, string][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = flat[at]!.toString('latin1' as never).toLowerCase();
    if (!connectionOnly.has(name)) headers.push([name, flat[at + 1]!.toString('latin1' as never)]);
  }
  return headers;
}

const connectionOnly = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
