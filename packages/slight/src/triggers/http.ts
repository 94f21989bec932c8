import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Log, RequestPlace } from '../host/log/log.ts';
import type { RequestHead, RequestWatch } from '../telemetry/watch.ts';
import type { HeldConnections } from './held/connections.ts';
import { full, holdConnection } from './held/hold.ts';
import { admitsOrigin, asksForWebSocket, offeredProtocols } from './held/upgrade.ts';
import type { Upgrade } from './held/upgrade.ts';
import { createBodyReader } from './http-body.ts';
import { isLarge, openIncoming } from './http-incoming.ts';
import { limitConnections } from './http-crowd.ts';
import { drainServer, watchNewcomers } from './http-drain.ts';
import { listen } from './http-listen.ts';
import type { ListenAddress } from './http-listen.ts';
import { HttpFailure, isHopByHop } from './http-message.ts';
import type { HttpHandler, HttpResponse, OutgoingBody } from './http-message.ts';
import { endLater, sendStream } from './http-outgoing.ts';
import { refuse, refuseMalformed } from './http-refuse.ts';
import { readHead, readRequestId } from './http-request.ts';
import {
  bodyEncoding,
  checkHead,
  checkResponse,
  encodeBody,
  failureResponse,
  sendResponse,
} from './http-response.ts';
import type { WholeResponse } from './http-response.ts';

export interface HttpTriggerOptions {
  readonly address: ListenAddress;
  readonly forwarded: boolean;
  /** Most bytes of one request's body. */
  readonly body: number;
  /**
   * Milliseconds in which a request's body must have come. Where it is handed on as it comes, and where an answer is
   * made while it is sent: in which the client must send or take something.
   */
  readonly bodyTimeout: number;
  /** Most connections at once. Default 10,000. */
  readonly connections?: number;
  /** Hand larger bodies to the app as they come. */
  readonly streamBodies?: boolean;
  /** Keeps the connections that the app wants to be held. Absent: such answers are refused. */
  readonly held?: HeldConnections | undefined;
  /** Origins whose pages may open websockets here besides the app's own. */
  readonly origins?: readonly string[];
  readonly log: Log;
  /** Follows each request, where somebody wants to know. */
  readonly watch?: ((head: RequestHead) => RequestWatch) | undefined;
  readonly handle: HttpHandler;
}

export interface HttpTrigger {
  /** Where it listens, as a URL without a path. */
  readonly url: string;
  /** Requests under way. */
  readonly active: number;
  /**
   * Takes no new connections, lets the requests under way finish, and gives up those that have not after `bound`
   * milliseconds. For `idle` milliseconds connections without a request may bring one more.
   */
  close(bound: number, idle?: number): Promise<void>;
}

// An import of it would also load a client for HTTP, to look up all of its names: that alone takes as long as Node's start.
const http = process.getBuiltinModule('node:http');

const mebibyte = 1024 * 1024;
/** Most connections at once that are not held. */
export const mostConnections = 10_000;

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
  /** Connections with requests that are not answered yet: they cannot be handed over to another protocol. */
  const answering = new WeakMap<Socket, number>();
  let closing = false;
  let answered: (() => void) | undefined;

  async function serve(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    upgrade?: Upgrade,
  ): Promise<void> {
    const began = performance.now();
    const id = readRequestId(incoming) ?? randomUUID();
    const method = incoming.method ?? 'GET';
    const path = pathOf(incoming.url ?? '/');
    const watch = options.watch?.({ method, path, id, version: incoming.httpVersion, ...traceOf(incoming) });
    const about = { id, trace: watch?.context };
    const controller = new AbortController();
    active.add(controller);
    const finish = (status: number): void => {
      if (!active.delete(controller)) return;
      if (active.size === 0) answered?.();
      const ms = performance.now() - began;
      log.access({ method, path, status, ms, ...about });
      watch?.end(status, ms);
    };
    // 499, as other servers log it: the client left before it had the answer.
    let broken = 499;
    outgoing.once('close', () => {
      const whole = outgoing.writableFinished;
      if (!whole) controller.abort(new HttpFailure(499, 'The client left.'));
      finish(whole ? outgoing.statusCode : broken);
    });
    try {
      const head = readHead(incoming, id, origin);
      if (upgrade !== undefined) admit(upgrade, head.url);
      const streamed = options.streamBodies === true && isLarge(incoming);
      const body = streamed
        ? openIncoming(incoming, outgoing, {
            body: options.body,
            timeout: options.bodyTimeout,
            onRefused: (reason) => log.host('warn', reason, about),
          })
        : await bodies.read(incoming, outgoing);
      const request =
        watch === undefined
          ? { ...head, body }
          : { ...head, headers: watch.passOn(head.headers), body, watch };
      const response = await handle(request, controller.signal);
      if (typeof response.body === 'string' || response.body instanceof Uint8Array) {
        if (outgoing.destroyed) return;
        const whole = encodeBody(response, response.body);
        send(incoming, outgoing, whole, checkResponse(whole, method === 'HEAD', id));
      } else if (response.body.kind === 'stream') {
        await sendPieces(incoming, outgoing, response, response.body, id);
      } else if (!outgoing.destroyed) {
        const { held } = options;
        if (held === undefined) throw new HttpFailure(502, 'Connections are not held here.');
        await holdConnection(held, { ...about, incoming, outgoing, upgrade }, response, response.body);
        finish(upgrade === undefined ? 200 : 101);
      }
    } catch (error) {
      if (outgoing.headersSent && !controller.signal.aborted) {
        broken = error instanceof HttpFailure ? error.status : 500;
        const reason = error instanceof HttpFailure ? (error.reason ?? error.message) : messageOf(error);
        log.host('error', `its answer broke off: ${reason}`, about);
        outgoing.destroy();
      } else {
        fail(incoming, outgoing, error, about);
        // Told all there is, the client may leave before its own body has ended.
        if (outgoing.headersSent) broken = outgoing.statusCode;
      }
      // What has no connection any more does not close.
      if (upgrade !== undefined && outgoing.socket === null) finish(500);
    }
  }

  function admit({ incoming }: Upgrade, url: string): void {
    if (!admitsOrigin(incoming.headers.origin, url, options.origins ?? [])) {
      throw new HttpFailure(403, 'Pages of this origin may not open websockets here.', {
        reason: `a page of ${incoming.headers.origin} asked for a websocket; [http] origins does not list it`,
      });
    }
    if (offeredProtocols(incoming) === undefined)
      throw new HttpFailure(400, 'Sec-WebSocket-Protocol is not a list of different names.');
    const { held } = options;
    if (held?.admits() === false) throw full(held);
  }

  async function sendPieces(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    response: HttpResponse,
    body: OutgoingBody,
    id: string,
  ): Promise<void> {
    let head;
    try {
      head = checkHead(response, id);
      if (outgoing.destroyed) return body.close();
    } catch (error) {
      body.close();
      throw error;
    }
    if (closing) outgoing.shouldKeepAlive = false;
    // The rest of the request may never be read: the connection cannot carry another one.
    if (!incoming.complete) head.flat.push('connection', 'close');
    await sendStream(outgoing, response.status, head, body, options.bodyTimeout);
  }

  function send(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    response: Pick<WholeResponse, 'status' | 'body'>,
    headers: string[],
  ): void {
    if (closing) outgoing.shouldKeepAlive = false;
    if (incoming.complete) return sendResponse(outgoing, response, headers);
    // What is left of the request is not read: the connection cannot carry another one.
    outgoing.writeHead(response.status, [...headers, 'connection', 'close']);
    outgoing.write(response.body, bodyEncoding);
    endLater(incoming, outgoing);
  }

  function fail(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    error: unknown,
    about: RequestPlace & { readonly id: string },
  ): void {
    const failure = error instanceof HttpFailure ? error : unexpected(error);
    if (outgoing.destroyed) return;
    // What a client asked too much of is no failure of the app or the host.
    const level = failure.status < 500 || failure.status === 503 ? 'warn' : 'error';
    if (failure.reason !== undefined) log.host(level, failure.reason, about);
    const response = failureResponse(failure, about.id);
    const flat = checkResponse(response, incoming.method === 'HEAD', about.id);
    // Unlike an app's, the host's own may concern the connection.
    for (const [name, value] of failure.headers) if (isHopByHop(name)) flat.push(name, value);
    send(incoming, outgoing, response, flat);
  }

  const server = http.createServer({
    requestTimeout: 0, // bodies have their own bound
    headersTimeout: 20_000,
    keepAliveTimeout: 65_000, // longer than the minute that balancers keep theirs
    connectionsCheckingInterval: 2_000,
    // Any other upgrade that a client offers is its own affair: the request is answered as it is.
    shouldUpgradeCallback: (incoming) =>
      options.held !== undefined && asksForWebSocket(incoming) && !answering.has(incoming.socket),
  });
  server.maxHeadersCount = 0; // bounded by their size
  limitConnections(server, options.connections ?? mostConnections, log);
  const newcomers = watchNewcomers(server);
  const start = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { socket } = incoming;
    answering.set(socket, (answering.get(socket) ?? 0) + 1);
    outgoing.once('close', () => {
      const left = answering.get(socket)! - 1;
      if (left === 0) answering.delete(socket);
      else answering.set(socket, left);
    });
    void serve(incoming, outgoing);
  };
  server.on('request', start).on('checkContinue', start);
  server.on('upgrade', (incoming, socket, head) => {
    const connection = socket as Socket; // of a server without TLS
    void serve(incoming, responseOn(incoming, connection), { incoming, socket: connection, head });
  });
  server.on('clientError', refuseMalformed);
  server.on('connect', (_incoming, socket) => refuse(socket, '405 Method Not Allowed', 'This is no proxy.'));
  const { url, authority } = await listen(server, options.address);
  origin.authority = authority;

  return {
    url,
    get active() {
      return active.size;
    },
    async close(bound, idle = 0) {
      closing = true;
      await Promise.all([
        drainServer(server, { bound, idle, active, newcomers, onIdle: (done) => (answered = done) }),
        // Their clients come back, to whoever listens then.
        options.held?.close(bound),
      ]);
      server.closeAllConnections();
    },
  };
}

/** An answer on a connection that Node has handed over, for requests that ask for a websocket. */
function responseOn(incoming: IncomingMessage, socket: Socket): ServerResponse {
  const outgoing = new http.ServerResponse(incoming);
  outgoing.assignSocket(socket);
  outgoing.shouldKeepAlive = false;
  const leave = () => void socket.destroy();
  socket.on('error', leave).once('end', leave);
  outgoing.once('finish', () => socket.destroySoon());
  return outgoing;
}

/** The headers of W3C Trace Context. Node gives several of one name as one text. */
function traceOf({ headers }: IncomingMessage): Pick<RequestHead, 'traceparent' | 'tracestate'> {
  const { traceparent, tracestate } = headers as { [name: string]: string | undefined };
  return { traceparent, tracestate };
}

/** The path for the log: queries may hold secrets. */
function pathOf(target: string): string {
  const end = target.search(/[?#]/);
  return (end < 0 ? target : target.slice(0, end)).slice(0, 512);
}

function unexpected(error: unknown): HttpFailure {
  return new HttpFailure(500, 'The host failed while it answered this request.', {
    reason: messageOf(error),
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
