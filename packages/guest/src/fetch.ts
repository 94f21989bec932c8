import type { Answer } from './answer.ts';
import { toAnswer } from './reply.ts';
import type { ResponseLike } from './reply.ts';
import type { GuestRequest } from './request.ts';

/**
 * Makes a handler of a function from the Web's `Request` to its `Response`, as many libraries give one:
 * `app.all('/*', fromFetch(other.fetch))`.
 */
export function fromFetch(
  fetch: (request: Request) => ResponseLike | Promise<ResponseLike>,
): (req: GuestRequest<any>) => Promise<Answer> {
  return async (req) => {
    const bytes = await req.bytes();
    const request = new Request(req.url, {
      method: req.method,
      headers: [...req.headers].map(([name, value]): [string, string] => [name, value]),
      // GET and HEAD have none, and Request refuses one.
      ...(bytes.length > 0 && req.method !== 'GET' && req.method !== 'HEAD' && { body: bytes.slice() }),
    });
    return await toAnswer(await fetch(request), `the function behind ${req.method} ${req.path}`);
  };
}
