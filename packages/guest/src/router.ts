import type { Request as WitRequest } from 'spiderlightning:cloud/http-handler@0.6.0';
import type { Answer } from './answer.ts';
import { HttpError } from './error.ts';
import { answerError } from './failure.ts';
import { comparePatterns, matchPath, parsePattern, samePattern, splitPath } from './pattern.ts';
import type { Params, Pattern } from './pattern.ts';
import { GuestRequest, pathOf } from './request.ts';

/** Answers one request. */
export type Handler<P> = (req: GuestRequest<P>) => Answer | Promise<Answer>;

export interface RouterOptions {
  /**
   * Makes the answer for what a handler threw, or for a request that no route takes (an HttpError of 404 or 405). The
   * log has the error by then.
   */
  readonly onError?: (error: unknown, req: GuestRequest) => Answer | Promise<Answer>;
}

/**
 * Sends each request to the handler of its method and path. Paths have `:name` for one segment and a last `*` for the
 * rest; the most particular one wins, whatever the order. HEAD is answered from GET. Unknown paths are 404; known ones
 * with another method 405.
 */
export interface Router {
  get<P extends string>(path: P, handler: Handler<Params<P>>): Router;
  post<P extends string>(path: P, handler: Handler<Params<P>>): Router;
  put<P extends string>(path: P, handler: Handler<Params<P>>): Router;
  patch<P extends string>(path: P, handler: Handler<Params<P>>): Router;
  delete<P extends string>(path: P, handler: Handler<Params<P>>): Router;
  /** Every method that has no handler of its own there. */
  all<P extends string>(path: P, handler: Handler<Params<P>>): Router;
  /** Any other method, by its name in upper case. */
  on<P extends string>(method: string, path: P, handler: Handler<Params<P>>): Router;
  /** Answers a request; never throws. */
  handle(request: WitRequest): Promise<Answer>;
}

interface Route {
  readonly pattern: Pattern;
  /** By method; `*` for the others. */
  readonly handlers: Map<string, Handler<any>>;
}

const any = '*';

/** Makes an empty router: `export default router().get('/', async () => text('hello'))`. */
export function router(options: RouterOptions = {}): Router {
  const routes: Route[] = [];

  function add(method: string, path: string, handler: Handler<any>): Router {
    if (typeof handler !== 'function')
      throw new TypeError(`the route ${method} ${path} has no handler: it got ${typeof handler}`);
    const pattern = parsePattern(path);
    const twin = routes.find((item) => samePattern(item.pattern, pattern) && item.handlers.has(method));
    if (twin !== undefined)
      throw new TypeError(`the route ${method} ${path} is there already, as ${twin.pattern.source}`);
    let route = routes.find((item) => item.pattern.source === path);
    if (route === undefined) {
      route = { pattern, handlers: new Map() };
      routes.push(route);
      routes.sort((a, b) => comparePatterns(a.pattern, b.pattern));
    }
    route.handlers.set(method, handler);
    return self;
  }

  const self: Router = {
    get: (path, handler) => add('GET', path, handler),
    post: (path, handler) => add('POST', path, handler),
    put: (path, handler) => add('PUT', path, handler),
    patch: (path, handler) => add('PATCH', path, handler),
    delete: (path, handler) => add('DELETE', path, handler),
    all: (path, handler) => add(any, path, handler),
    on: (method, path, handler) => add(method, path, handler),
    async handle(request) {
      const { params, handler } = choose(routes, request);
      const req = new GuestRequest(request, params);
      let answer: Answer;
      try {
        answer = checkAnswer(await handler(req), req);
      } catch (error) {
        answer = await answerError(error, req, options.onError);
      }
      return request.method === 'HEAD' ? withoutBody(answer) : answer;
    },
  };
  return self;
}

/** Finds the handler of a request, or one that throws why there is none. */
function choose(
  routes: readonly Route[],
  request: WitRequest,
): { readonly params: { readonly [name: string]: string }; readonly handler: Handler<any> } {
  const path = pathOf(request.url);
  const parts = splitPath(path);
  if (parts === undefined) return refuse(400, `the path ${path} has a % that encodes no UTF-8`);
  const allow = new Set<string>();
  for (const { pattern, handlers } of routes) {
    const params = matchPath(pattern, parts);
    if (params === undefined) continue;
    const handler =
      handlers.get(request.method) ??
      (request.method === 'HEAD' ? handlers.get('GET') : undefined) ??
      handlers.get(any);
    if (handler !== undefined) return { params, handler };
    for (const method of handlers.keys()) {
      allow.add(method);
      if (method === 'GET') allow.add('HEAD');
    }
  }
  if (allow.size === 0) return refuse(404, `there is nothing at ${path}`);
  const methods = [...allow].toSorted().join(', ');
  return refuse(405, `${path} has no ${request.method}; it has ${methods}`, { allow: methods });
}

function refuse(status: number, message: string, headers?: { readonly [name: string]: string }) {
  const handler = () => {
    throw new HttpError(status, message, headers);
  };
  return { params: {}, handler };
}

function checkAnswer(answer: unknown, req: GuestRequest): Answer {
  const shape = answer as Partial<Answer> | null | undefined;
  if (typeof shape?.status === 'number' && Array.isArray(shape.headers) && shape.body instanceof Uint8Array)
    return shape as Answer;
  throw new TypeError(
    `the handler of ${req.method} ${req.path} gave ${shape === null ? 'null' : typeof shape}, which is no answer: ` +
      'return json(…), text(…), html(…), bytes(…), status(…) or redirect(…)',
  );
}

function withoutBody(answer: Answer): Answer {
  const named = answer.headers.some(([name]) => name === 'content-length');
  const headers = named
    ? answer.headers
    : [...answer.headers, ['content-length', String(answer.body.length)] as const];
  return { ...answer, headers, body: new Uint8Array(0) };
}
