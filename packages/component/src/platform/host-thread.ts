import { createGuestThread } from '../core/thread.ts';
import type { GuestThread } from '../core/thread.ts';
import { createBrowserPlatform } from './browser.ts';
import { createNodePlatform } from './node.ts';

let thread: GuestThread | undefined;
let starting: Promise<void> | undefined;

/** The one `GuestThread` of this JavaScript thread, on the platform that is found. Made when first asked for. */
export function hostThread(): GuestThread {
  if (thread !== undefined) return thread;
  if (isNode()) return (thread = createGuestThread(createNodePlatform()));
  const platform = createBrowserPlatform();
  thread = createGuestThread(platform);
  // It takes a while, in which no guest may run: see `threadReady`.
  thread.watched = true;
  starting = platform.startWatchdog(thread.words).then(() => (starting = undefined));
  return thread;
}

/** What there is to wait for before guests run on the thread. */
export function threadReady(): Promise<void> | undefined {
  hostThread();
  return starting;
}

export function isNode(): boolean {
  return typeof process === 'object' && typeof process.getBuiltinModule === 'function';
}
