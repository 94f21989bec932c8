/**
 * What the build puts between an app and the interface that it exports.
 * @module
 */
import type { Request, RequestBody, Response, ResponseBody } from 'spiderlightning:cloud/http-types@0.6.0';
import type { Piece } from 'spiderlightning:cloud/http-stream@0.6.0';
import type { Answer as TextAnswer } from 'spiderlightning:cloud/http-text-handler@0.6.0';
import { textOf } from './answer.ts';
import type { Answer } from './answer.ts';
import { guardFunction, isClass } from './function-handler.ts';
import { readRequest, writeAnswer } from './http-text.ts';
import { parts } from './live.ts';
import type { HeldHandler } from './live.ts';
import { flushLog } from './log.ts';
import { beginServing, endServing, pauseServing } from './phase.ts';
import { isAnswer } from './reply.ts';

/** The interface as a guest exports it. */
export interface HttpHandler {
  handle(request: Request): Promise<Response | Answer>;
}

/** The interface `http-text-handler` as a guest exports it. */
export interface HttpTextHandler {
  handle(head: string, body: RequestBody | null): Promise<TextAnswer>;
}

/** The interface `http-stream` as a guest exports it. */
export interface HttpStream {
  next(): Promise<Piece>;
}

/**
 * Makes the exported interface of an app: a router, a function from request to answer, or an object that has the
 * interface already.
 * @throws {TypeError} while the app is built, where it is none of these
 */
export function toHttpHandler(app: unknown): { handle(request: Request): Promise<Response> } {
  const handle = requireHandle(app);
  return {
    async handle(request) {
      begin();
      let response: Response | undefined;
      try {
        response = toResponse(await handle(request));
        return response;
      } finally {
        end(response);
      }
    },
  };
}

/**
 * Makes what the build exports of an app of the SDK: the same in the form that costs QuickJS least.
 * @throws {TypeError} while the app is built, as `toHttpHandler`
 */
export function toHttpTextHandler(app: unknown): HttpTextHandler {
  const handle = requireHandle(guardFunction(app));
  return {
    async handle(head, body) {
      begin();
      let response: Response | undefined;
      try {
        const answer = await handle(readRequest(head, body));
        const written = textOf(answer);
        const text = written === undefined ? undefined : writeAnswer(answer, written);
        if (text !== undefined) return { tag: 'text', val: text };
        response = toResponse(answer);
        return { tag: 'whole', val: response };
      } finally {
        end(response);
      }
    },
  };
}

function begin(): void {
  beginServing();
  flushLog();
}

/** A stream goes on until its end. */
function end(response: Response | undefined): void {
  if (response?.body.tag === 'stream') pauseServing();
  else endServing();
}

/** Makes the exported interface that gives the pieces of a streamed body. `own`: that of an app without the SDK. */
export function toHttpStream(
  own: HttpStream = { next: async () => (await parts.next?.()) ?? { tag: 'end' } },
): HttpStream {
  return {
    async next() {
      beginServing();
      let more = false;
      try {
        const piece = await own.next();
        more = piece.tag === 'bytes';
        return piece;
      } finally {
        if (more) pauseServing();
        else endServing();
      }
    },
  };
}

/** Makes the exported interface that hears of connections. `own`: that of an app without the SDK. */
export function toHeldHandler(own?: HeldHandler): HeldHandler {
  const serve = async (
    call: (handler: HeldHandler | undefined) => Promise<void> | undefined,
  ): Promise<void> => {
    beginServing();
    flushLog();
    try {
      await call(own ?? parts.held);
    } finally {
      endServing();
    }
  };
  return {
    onOpen: (connection, lastEventId) => serve((handler) => handler?.onOpen(connection, lastEventId)),
    onMessage: (connection, content) => serve((handler) => handler?.onMessage(connection, content)),
    onClose: (connection, code, reason) => serve((handler) => handler?.onClose(connection, code, reason)),
  };
}

function toResponse(answer: Answer | Response): Response {
  return {
    status: answer.status,
    // A host refuses text that is not well-formed.
    headers: answer.headers.map(([name, value]): [string, string] => [name, value.toWellFormed()]),
    body: toBody(answer),
  };
}

/** An answer of the SDK has bytes, or what stands for them; one of the interface itself has its variant. */
function toBody(answer: Answer | Response): ResponseBody {
  if ('live' in answer && answer.live !== undefined) return answer.live.begin();
  return answer.body instanceof Uint8Array ? { tag: 'bytes', val: answer.body } : answer.body;
}

/** @throws {TypeError} */
function requireHandle(app: unknown): HttpHandler['handle'] {
  const handle = findHandle(app);
  if (handle !== undefined) return handle;
  const advice = isPromise(app)
    ? 'await it: `export default await …;`'
    : 'write `export default app;`, where `const app = router();`';
  throw new TypeError(`the app's export is ${describe(app)}, which answers no request; ${advice}`);
}

function findHandle(app: unknown): HttpHandler['handle'] | undefined {
  if (isClass(app)) return undefined;
  if (typeof app === 'function') return app as HttpHandler['handle'];
  const { handle } = (app ?? {}) as Partial<HttpHandler>;
  return typeof handle === 'function' ? handle.bind(app) : undefined;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (isClass(value)) return 'a class';
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (isPromise(value)) return 'a promise';
  if (isAnswer(value)) return 'an answer';
  const keys = Object.keys(value);
  return keys.length === 0 ? 'an empty object' : `an object of ${keys.slice(0, 5).join(', ')}`;
}

function isPromise(value: unknown): boolean {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}
