import type { GuestRequest } from './request.ts';

/** Something that a middleware finds out about a request, and a handler reads. */
export interface RequestValue<T> {
  set(req: GuestRequest<any>, value: T): void;
  /** @throws {Error} where nothing was set: a middleware is missing before the handler */
  get(req: GuestRequest<any>): T;
  /** Undefined where nothing was set. */
  find(req: GuestRequest<any>): T | undefined;
}

/**
 * Makes a place for one value of each request: `const user = requestValue<User>('user')`, then `user.set(req, …)` in a
 * middleware and `user.get(req)` in a handler.
 */
export function requestValue<T>(name: string): RequestValue<T> {
  const values = new WeakMap<GuestRequest<any>, T>();
  return {
    set: (req, value) => void values.set(req, value),
    get(req) {
      if (values.has(req)) return values.get(req) as T;
      throw new Error(
        `this request has no "${name}": the middleware that sets it does not stand before the handler`,
      );
    },
    find: (req) => values.get(req),
  };
}
