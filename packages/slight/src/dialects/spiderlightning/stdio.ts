import type { HostInterface, MaybePromise } from '@spiderlightning/component';

/** What an app imports that prints. */
export const stdio = 'spiderlightning:cloud/stdio@0.6.0';

/** Takes what the guest prints. */
export type PrintSink = (to: 'stdout' | 'stderr', bytes: Uint8Array) => MaybePromise<void>;

/** `spiderlightning:cloud/stdio`. */
export function stdioInterface(print: PrintSink): HostInterface {
  return { write: (to: 'stdout' | 'stderr', bytes: Uint8Array) => print(to, bytes) };
}
