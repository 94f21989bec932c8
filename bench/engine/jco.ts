import { transpileWithJco } from '../jco.ts';
import { HANDLE, STORE, VALUE } from './guests.ts';

export interface JcoGuest {
  gets(count: number): unknown;
  handle(request: unknown): any;
}

/** The guest of this folder as jco runs it: at once, or with promises of the host and of the exports. */
export async function loadGuestWithJco(
  component: Uint8Array,
  later: boolean,
  tell: (progress: string) => void,
): Promise<JcoGuest> {
  const waiting = { asyncMode: 'jspi', asyncImports: [`${STORE}#get`], asyncExports: ['gets', HANDLE] };
  const instantiate = await transpileWithJco(component, later ? waiting : {}, tell);
  const store = { get: later ? async () => VALUE : () => VALUE };
  const { gets, http } = await instantiate(
    new Proxy({}, { get: (_, name) => (name === STORE ? store : nothing()) }),
  );
  return { gets, handle: http.handle };
}

/** Stands for interfaces of the system that the guest imports and does not call here. */
function nothing(): unknown {
  return new Proxy(function () {}, {
    get: (target, name) =>
      name === 'prototype' ? target.prototype : typeof name === 'symbol' ? undefined : nothing(),
  });
}
