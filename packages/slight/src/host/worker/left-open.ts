import type { Instance } from '@spiderlightning/component';
import type { Log } from '../log/log.ts';

/** What of the host's stays open where an instance is kept, and how it is closed, by the name of its resource. */
const kinds: { readonly [kind: string]: { readonly told: string; readonly close: string } | undefined } = {
  transaction: { told: 'a transaction', close: 'commit it or roll it back' },
  lease: {
    told: 'the lease of a lock, which is renewed meanwhile',
    close: 'release it, or begin with `using`',
  },
  subscription: { told: 'a subscription with the messages that it was given', close: 'close it' },
  rows: { told: 'rows that were not read to their end', close: 'close them' },
  'read-stream': { told: 'an object that was not read to its end', close: 'cancel its stream' },
  'write-stream': { told: 'an object that was not written to its end', close: 'finish or abort it' },
  exchange: { told: 'the answer of another server', close: 'read it to its end, or cancel it' },
  // These may well be meant to last.
  watch: undefined,
  listener: undefined,
  prepared: undefined,
};

/** Of all these together: an instance that has more is ended, and they with it. */
export const mostLeftOpen = 256;

/** Looks at what requests leave open in instances that are kept. */
export interface LeftOpen {
  /** @returns false where it is too much */
  check(instance: Pick<Instance, 'held'>, request: string | undefined): boolean;
}

/** Tells of each kind once, with the first request that leaves one, and of each instance that is ended. */
export function watchLeftOpen(log: Pick<Log, 'host'>): LeftOpen {
  const told = new Set<string>();
  return {
    check(instance, id) {
      const about = id === undefined ? {} : { id };
      const found = Array.from(instance.held()).filter(([kind]) => Object.hasOwn(kinds, kind));
      for (const [kind] of found) {
        const words = kinds[kind];
        if (words === undefined || told.has(kind)) continue;
        told.add(kind);
        log.host(
          'warn',
          `a request has left ${words.told}, open. With reuse = "keep" that stays until its instance ends: ${words.close}`,
          about,
        );
      }
      const count = found.reduce((sum, [, each]) => sum + each, 0);
      if (count <= mostLeftOpen) return true;
      const list = found.map(([kind, each]) => `${kind}: ${each}`).join(', ');
      log.host(
        'warn',
        `requests have left ${count} things open in one instance (${list}), of ${mostLeftOpen} at most: it is ended, and they with it`,
        about,
      );
      return false;
    },
  };
}
