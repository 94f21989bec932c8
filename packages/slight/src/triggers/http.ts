import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Log } from '../host/log.ts';
import type { Address } from '../slightfile/address.ts';
import { createBodyReader } from './http-body.ts';
import { listen } from './http-listen.ts';
import { HttpFailure } from './http-message.ts';
import type { HttpHandler } from './http-message.ts';
import { readHead, readRequestId } from './http-request.ts';
import { checkResponse, failureResponse, sendResponse } from './http-response.ts';

export interface HttpTriggerOptions {
  readonly address: Address;
  readonly forwarded: boolean;
  /** Most bytes of one request's body. */
  readonly body: number;
  /** Milliseconds in which a request's body must have come. */
  readonly bodyTimeout: number;
  readonly log: Log;
  readonly handle: HttpHandler;
}

export interface HttpTrigger {
  /** Where it listens, as a URL without a path. */
  readonly url: string;
  /** Requests under way. */
  readonly active: number;
  /**
   * Takes no new connections, lets the requests under way finish, and gives up those that have not after `bound`
   * milliseconds.
   */
  close(bound: number): Promise<void>;
}

const mebibyte = 1024 * 1024;

/**
 * Serves HTTP on `node:http`.
 * @throws {StartError} where the address cannot be had
 */
export async function startHttpTrigger(options: HttpTriggerOptions): Promise<HttpTrigger> {
  const { log, handle } = options;
  const origin = { authority: '', forwarded: options.forwarded };
  const bodies = createBodyReader({
    body: options.body,
    total: Math.max(options.body, 256 * mebibyte),
    timeout: options.bodyTimeout,
  });
  const active = new Set<AbortController>();
  let closing = false;
  let idle: (() => void) | undefined;

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const began = performance.now();
    const id = readRequestId(incoming) ?? randomUUID();
    const method = incoming.method ?? 'GET';
    const controller = new AbortController();
    active.add(controller);
    outgoing.once('close', () => {
      const whole = outgoing.writableFinished;
      if (!whole) controller.abort(new HttpFailure(499, 'The client left.'));
      active.delete(controller);
      if (active.size === 0) idle?.();
      const path = pathOf(incoming.url ?? '/');
      // 499, as other servers log it: the client left before it had the answer.
      log.access({
        method,
        path,
        status: whole ? outgoing.statusCode : 499,
        ms: performance.now() - began,
        id,
      });
    });
    try {
      const head = readHead(incoming, id, origin);
      const body = await bodies.read(incoming, outgoing);
      const response = await handle({ ...head, body }, controller.signal);
      if (!outgoing.destroyed) send(outgoing, response, checkResponse(response, method === 'HEAD', id));
    } catch (error) {
      fail(incoming, outgoing, error, id);
    }
  }

  function send(
    outgoing: ServerResponse,
    response: Parameters<typeof sendResponse>[1],
    headers: string[],
  ): void {
    if (closing) outgoing.shouldKeepAlive = false;
    sendResponse(outgoing, response, headers);
  }

  function fail(incoming: IncomingMessage, outgoing: ServerResponse, error: unknown, id: string): void {
    const failure = error instanceof HttpFailure ? error : unexpected(error);
    if (outgoing.destroyed) return;
    if (failure.reason !== undefined) log.host('error', `request ${id}: ${failure.reason}`);
    const response = failureResponse(failure, id);
    const headers = checkResponse(response, incoming.method === 'HEAD', id);
    if (incoming.complete) return send(outgoing, response, headers);
    // What is left of the request is not read: the connection cannot carry another one.
    outgoing.writeHead(response.status, [...headers, 'connection', 'close']);
    outgoing.write(response.body);
    endLater(incoming, outgoing);
  }

  const server = createServer({
    requestTimeout: 0, // bodies have their own bound
    headersTimeout: 20_000,
    keepAliveTimeout: 65_000, // longer than the minute that balancers keep theirs
    connectionsCheckingInterval: 2_000,
  });
  server.maxHeadersCount = 0; // bounded by their size
  const start = (incoming: IncomingMessage, outgoing: ServerResponse) => void serve(incoming, outgoing);
  server.on('request', start).on('checkContinue', start);
  server.on('clientError', refuseMalformed);
  server.on('connect', (_incoming, socket) => refuse(socket, '405 Method Not Allowed', 'This is no proxy.'));
  const { url, authority } = await listen(server, options.address);
  origin.authority = authority;

  return {
    url,
    get active() {
      return active.size;
    },
    async close(bound) {
      closing = true;
      await drain(server, bound, active, (done) => (idle = done));
    },
  };
}

async function drain(
  server: Server,
  bound: number,
  active: ReadonlySet<AbortController>,
  onIdle: (done: () => void) => void,
): Promise<void> {
  server.close();
  const wait = async (milliseconds: number) => {
    if (active.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
      onIdle(resolve);
    });
    clearTimeout(timer);
  };
  await wait(bound);
  for (const controller of active) {
    controller.abort(new HttpFailure(503, 'The app is shutting down.', { headers: [['retry-after', '1']] }));
  }
  await wait(500);
  server.closeAllConnections();
}

/**
 * Ends an answer that is sent already once the request is over, or after a moment: hanging up on a client that is
 * still sending would reset the connection, and it would never see the answer.
 */
function endLater(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const end = () => {
    clearTimeout(timer);
    outgoing.end();
  };
  const timer = setTimeout(end, 500);
  incoming.on('error', end).once('close', end).once('end', end).resume();
}

const malformed: { readonly [code: string]: readonly [status: string, message: string] } = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are larger than 16 KiB.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Content Too Large', 'The chunk extensions are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The head of the request did not come in time.'],
};

function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  const [status, message] = malformed[error.code ?? ''] ?? [
    '400 Bad Request',
    'This is not an HTTP request.',
  ];
  refuse(socket, status, message);
}

/** Answers on a connection that has no response object, and ends it. */
function refuse(socket: Duplex, status: string, message: string): void {
  if (!socket.writable) return void socket.destroy();
  const body = `${message}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${body.length}\r\n` +
      `date: ${new Date().toUTCString()}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

/** The path for the log: queries may hold secrets. */
function pathOf(target: string): string {
  const end = target.search(/[?#]/);
  return (end < 0 ? target : target.slice(0, end)).slice(0, 512);
}

function unexpected(error: unknown): HttpFailure {
  const reason = error instanceof Error ? error.message : String(error);
  return new HttpFailure(500, 'The host failed while it answered this request.', { reason });
}
