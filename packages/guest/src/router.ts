import type { Request as WitRequest } from 'spiderlightning:cloud/http-types@0.6.0';
import type { Answer } from './answer.ts';
import { HttpError } from './error.ts';
import { setHeldHandler } from './live.ts';
import type { HeldHandlers } from './live.ts';
import { isBelow, parsePrefix, runSteps } from './middleware.ts';
import type { Middleware, Step } from './middleware.ts';
import { comparePatterns, matchPath, parsePattern, samePattern, splitPath } from './pattern.ts';
import type { Params, Pattern } from './pattern.ts';
import type { Reply } from './reply.ts';
import { GuestRequest, pathOf } from './request.ts';

/** Answers one request. */
export type Handler<P> = (req: GuestRequest<P>) => Reply | Promise<Reply>;

/** Adds a handler for one method of a path. `before` is for this route alone: one middleware, or several in order. */
export interface AddRoute {
  <P extends string>(path: P, handler: Handler<Params<P>>): Router;
  <P extends string>(
    path: P,
    before: Middleware | readonly Middleware[],
    handler: Handler<Params<P>>,
  ): Router;
}

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
  /** Answers GET there, and HEAD: `app.get('/orders/:id', async (req) => text(req.params.id))`. */
  readonly get: AddRoute;
  /** Answers POST there: `await req.json()`, `req.text()` and `readForm(req)` give its body. */
  readonly post: AddRoute;
  /** Answers PUT there. */
  readonly put: AddRoute;
  /** Answers PATCH there. */
  readonly patch: AddRoute;
  /** Answers DELETE there. */
  readonly delete: AddRoute;
  /** Every method that has no handler of its own there. */
  readonly all: AddRoute;
  /** Any other method, by its name in upper case. */
  on<P extends string>(method: string, path: P, handler: Handler<Params<P>>): Router;
  /**
   * Puts a middleware before all routes, or before those at a path and below it. They run in the order in which they
   * were added, for requests that no route takes too.
   */
  use(middleware: Middleware): Router;
  use(path: string, middleware: Middleware): Router;
  /** Hears of each connection that `sse` or `websocket` opened. What it throws ends the connection. */
  onOpen(handler: NonNullable<HeldHandlers['open']>): Router;
  /** Hears of each message of a websocket; those of one connection come one after the other. */
  onMessage(handler: NonNullable<HeldHandlers['message']>): Router;
  /** Hears of the end of each connection. */
  onClose(handler: NonNullable<HeldHandlers['close']>): Router;
  /** Answers a request; never throws. */
  handle(request: WitRequest): Promise<Answer>;
}

interface Route {
  readonly pattern: Pattern;
  /** By method; `*` for the others. */
  readonly handlers: Map<string, End>;
}

/** Where a request's way ends, and what stands before it. */
interface End {
  readonly before: readonly Middleware[];
  readonly handler: Handler<any>;
}

interface Choice {
  readonly params: { readonly [name: string]: string };
  readonly end: End;
}

const any = '*';

/** Makes an empty router: `export default router().get('/', async () => text('hello'))`. */
export function router(options: RouterOptions = {}): Router {
  const routes: Route[] = [];
  const steps: Step[] = [];

  function add(method: string, path: string, rest: readonly unknown[]): Router {
    const handler = rest.at(-1);
    const before = rest.slice(0, -1).flat();
    for (const each of [...before, handler])
      if (typeof each !== 'function')
        throw new TypeError(
          `the route ${method} ${path} has no ${each === handler ? 'handler' : 'middleware'}: it got ${typeof each}`,
        );
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
    route.handlers.set(method, { before: before as Middleware[], handler: handler as Handler<any> });
    return self;
  }

  function hear<Kind extends keyof HeldHandlers>(kind: Kind, handler: HeldHandlers[Kind]): Router {
    setHeldHandler(kind, handler);
    return self;
  }

  const adder =
    (method: string): AddRoute =>
    (path: string, ...rest: unknown[]) =>
      add(method, path, rest);

  const self: Router = {
    get: adder('GET'),
    post: adder('POST'),
    put: adder('PUT'),
    patch: adder('PATCH'),
    delete: adder('DELETE'),
    all: adder(any),
    on: (method, path, handler) => add(method, path, [handler]),
    use(...args: [Middleware] | [string, Middleware]) {
      const [prefix, run] = args.length === 1 ? ['/', args[0]] : args;
      if (typeof run !== 'function') throw new TypeError(`use() takes a middleware, not ${typeof run}`);
      steps.push({ run, prefix: parsePrefix(prefix) });
      return self;
    },
    onOpen: (handler) => hear('open', handler),
    onMessage: (handler) => hear('message', handler),
    onClose: (handler) => hear('close', handler),
    handle(request) {
      const path = pathOf(request.url);
      const parts = splitPath(path);
      const { params, end } = choose(routes, request.method, path, parts);
      const req = new GuestRequest(request, params, path);
      const way = steps.length === 0 ? end.before : [...findSteps(steps, parts), ...end.before];
      const answer = runSteps(way, end.handler, req, options.onError);
      return request.method === 'HEAD' ? answer.then(withoutBody) : answer;
    },
  };
  return self;
}

/** What stands before the routes at a path, in order. */
function findSteps(steps: readonly Step[], parts: readonly string[] | undefined): Middleware[] {
  return steps.filter(({ prefix }) => isBelow(prefix, parts)).map(({ run }) => run);
}

/** Finds the handler of a request, or one that throws why there is none. */
function choose(
  routes: readonly Route[],
  method: string,
  path: string,
  parts: readonly string[] | undefined,
): Choice {
  if (parts === undefined) return refuse(400, `the path ${path} has a % that encodes no UTF-8`);
  let allow: Set<string> | undefined;
  // Every request passes here: in QuickJS an iterator and its destructuring take several times as long.
  for (let index = 0; index < routes.length; index++) {
    const { pattern, handlers } = routes[index]!;
    const params = matchPath(pattern, parts);
    if (params === undefined) continue;
    const end =
      handlers.get(method) ?? (method === 'HEAD' ? handlers.get('GET') : undefined) ?? handlers.get(any);
    if (end !== undefined) return { params, end };
    allow ??= new Set();
    for (const other of handlers.keys()) {
      allow.add(other);
      if (other === 'GET') allow.add('HEAD');
    }
  }
  if (allow === undefined) return refuse(404, `there is nothing at ${path}`);
  const methods = [...allow].toSorted().join(', ');
  return refuse(405, `${path} has no ${method}; it has ${methods}`, { allow: methods });
}

function refuse(status: number, message: string, headers?: { readonly [name: string]: string }): Choice {
  const handler = () => {
    throw new HttpError(status, message, headers);
  };
  return { params: {}, end: { before: [], handler } };
}

function withoutBody({ live, ...answer }: Answer): Answer {
  if (live !== undefined) return answer;
  const named = answer.headers.some(([name]) => name === 'content-length');
  const headers = named
    ? answer.headers
    : [...answer.headers, ['content-length', String(answer.body.length)] as const];
  return { ...answer, headers, body: new Uint8Array(0) };
}
