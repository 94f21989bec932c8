/** Whether guests can wait for promises here. Where they cannot, host functions have to answer at once. */
export const canWait =
  typeof WebAssembly.Suspending === 'function' && typeof WebAssembly.promising === 'function';

/** A call of a host function that answered with a promise, while the adapter in WebAssembly waits for it. */
export interface PendingCall {
  /** The promise to wait for. It gives nothing: to settle a promise with an object costs a search for `then`. */
  wait(): Promise<void>;
  /** Runs once the guest goes on. @returns the core result, where there is one */
  finish(): unknown;
}

/**
 * Where a host import leaves the call that has to be waited for. The adapter looks here, and empties it, as soon as the
 * import has returned; nothing else runs in between, so one for all adapters is enough.
 */
export const pendingCall = new WebAssembly.Global<PendingCall | null>(
  { value: 'externref', mutable: true },
  null,
);
