import { createGuestThread } from '../core/thread.ts';
import type { GuestThread } from '../core/thread.ts';
import { createBrowserPlatform } from './browser.ts';
import { createNodePlatform } from './node.ts';

let thread: GuestThread | undefined;

/** The one `GuestThread` of this JavaScript thread, on the platform that is found. Made when first asked for. */
export function hostThread(): GuestThread {
  return (thread ??= createGuestThread(isNode() ? createNodePlatform() : createBrowserPlatform()));
}

function isNode(): boolean {
  return typeof process === 'object' && typeof process.getBuiltinModule === 'function';
}
