/** Whether guests can wait for promises here. Where they cannot, host functions have to answer at once. */
export const canWait =
  typeof WebAssembly.Suspending === 'function' && typeof WebAssembly.promising === 'function';

/**
 * A word that is not 0 while a promise lies there to be waited for. The adapter looks as soon as the import has returned,
 * and waits; nothing else runs in between, so one for all adapters of a thread is enough. (A memory, because a
 * global of WebAssembly takes JavaScript some 15 ns to write.)
 */
export const pendingFlag = new WebAssembly.Memory({ initial: 1, maximum: 1 });
const flag = new Int32Array(pendingFlag.buffer);
let pending: Promise<void> | undefined;

/** Has the adapter wait for this, when the import that raises it returns. */
export function raisePending(promise: Promise<void>): void {
  pending = promise;
  flag[0] = 1;
}

/** Gives the raised promise to the adapter that begins to wait. */
export function takePending(): Promise<void> {
  const promise = pending!;
  pending = undefined;
  flag[0] = 0;
  return promise;
}
