import type { Change, KeyValueWatch, WatchTarget } from '../contract.ts';
import { makePending, matches, watchBy, type Pending } from '../watch.ts';

/** Those who watch one store in memory. */
export interface Watches {
  tell(key: string, version: string | undefined): void;
  /** @param look finds what has gone by itself; called now and then while somebody watches */
  begin(target: WatchTarget, look: () => void): KeyValueWatch;
}

interface Watcher {
  readonly target: WatchTarget;
  readonly pending: Pending;
  readonly wake: () => void;
}

/** Milliseconds between two looks for what has expired. */
const lookEvery = 500;

export function makeWatches(): Watches {
  const watchers = new Set<Watcher>();
  let looked = 0;
  return {
    tell(key, version) {
      if (watchers.size === 0) return;
      const change: Change =
        version === undefined ? { key, change: 'delete' } : { key, change: 'set', version };
      for (const { target, pending, wake } of watchers) {
        if (!matches(target, key)) continue;
        pending.add(change);
        wake();
      }
    },
    begin(target, look) {
      const pending = makePending();
      const now = (): void => {
        if (performance.now() - looked < lookEvery) return;
        looked = performance.now();
        look();
      };
      return watchBy(
        () => {
          now();
          return pending.take();
        },
        (wake) => {
          const watcher = { target, pending, wake };
          watchers.add(watcher);
          const timer = setInterval(now, lookEvery).unref();
          return () => {
            watchers.delete(watcher);
            clearInterval(timer);
          };
        },
      );
    },
  };
}
