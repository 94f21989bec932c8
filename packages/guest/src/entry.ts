/**
 * What the build puts between an app and the interface that it exports.
 * @module
 */
import type { Request, Response } from 'spiderlightning:cloud/http-handler@0.6.0';
import { flushLog } from './log.ts';
import { beginServing, endServing } from './phase.ts';

/** The interface as a guest exports it. */
export interface HttpHandler {
  handle(request: Request): Promise<Response>;
}

/**
 * Makes the exported interface of an app: a router, a function from request to answer, or an object that has the
 * interface already.
 * @throws {TypeError} while the app is built, where it is none of these
 */
export function toHttpHandler(app: unknown): HttpHandler {
  const handle = findHandle(app);
  if (handle === undefined)
    throw new TypeError(
      `the app's export is ${describe(app)}, which answers no request; write \`export default app;\`, where ` +
        '`const app = router();`',
    );
  return {
    async handle(request) {
      beginServing();
      flushLog();
      try {
        const answer = await handle(request);
        return {
          status: answer.status,
          // A host refuses text that is not well-formed.
          headers: answer.headers.map(([name, value]): [string, string] => [name, value.toWellFormed()]),
          body: answer.body,
        };
      } finally {
        endServing();
      }
    },
  };
}

function findHandle(app: unknown): HttpHandler['handle'] | undefined {
  if (typeof app === 'function') return app as HttpHandler['handle'];
  const { handle } = (app ?? {}) as Partial<HttpHandler>;
  return typeof handle === 'function' ? handle.bind(app) : undefined;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  const keys = Object.keys(value);
  return keys.length === 0 ? 'an empty object' : `an object of ${keys.slice(0, 5).join(', ')}`;
}
