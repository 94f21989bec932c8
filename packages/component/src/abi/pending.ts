/** Whether guests can wait for promises here. Where they cannot, host functions have to answer at once. */
export const canWait =
  typeof WebAssembly.Suspending === 'function' && typeof WebAssembly.promising === 'function';

/** A call of a host function that answered with a promise, while the adapter in WebAssembly waits for it. */
export interface PendingCall {
  /** The promise to wait for. It gives nothing: to settle a promise with an object costs a search for `then`. */
  wait(): Promise<void>;
}

/**
 * A word that is not 0 while a call lies there to be waited for. The adapter looks as soon as the import has returned,
 * and waits; nothing else runs in between, so one for all adapters of a thread is enough. (A memory, because a
 * global of WebAssembly takes JavaScript some 15 ns to write.)
 */
export const pendingFlag = new WebAssembly.Memory({ initial: 1, maximum: 1 });
const flag = new Int32Array(pendingFlag.buffer);
let pending: PendingCall | undefined;

/** Has the adapter wait for this call, when the import that raises it returns. */
export function raisePending(call: PendingCall): void {
  pending = call;
  flag[0] = 1;
}

/** Gives the raised call to the adapter that begins to wait. */
export function takePending(): PendingCall {
  const call = pending!;
  pending = undefined;
  flag[0] = 0;
  return call;
}
