import { watch as watchFolder, type FSWatcher } from 'node:fs';
import { explainFiles } from '../../../clients/filesystem/files.ts';
import type { KeyValueWatch, WatchTarget } from '../contract.ts';
import { makePending, watchBy } from '../watch.ts';
import { findEntry, listFiles, signEntry, type Folder } from './filesystem-folder.ts';

/** Milliseconds between two looks that nothing called for: for what expires, and for events that the system lost. */
const pause = 1_000;
/** A look may take a tenth of the time, so that a large folder that changes all the time leaves time for the rest. */
const share = 10;

/**
 * Compares what is in the folder with what was there before, whenever the system says that something changed. So what
 * other programs write is told, too, and nothing is lost; a large folder costs a look at each of its files.
 */
export function beginWatch(folder: Folder, target: WatchTarget): KeyValueWatch {
  const pending = makePending();
  let seen = sign();
  let cost = 0;

  function sign(): Map<string, string> {
    const keys = 'key' in target ? [target.key] : [...listFiles(folder)];
    const signed = new Map<string, string>();
    for (const key of keys) {
      const sign = 'key' in target || key.startsWith(target.prefix) ? signEntry(folder, key) : undefined;
      if (sign !== undefined) signed.set(key, sign);
    }
    return signed;
  }

  function compare(): void {
    const began = performance.now();
    const now = sign();
    for (const key of new Set([...seen.keys(), ...now.keys()])) {
      if (seen.get(key) === now.get(key)) continue;
      const found = now.has(key) ? findEntry(folder, key) : undefined;
      pending.add(
        found === undefined ? { key, change: 'delete' } : { key, change: 'set', version: found.version },
      );
    }
    seen = now;
    cost = performance.now() - began;
  }

  return watchBy(
    () => {
      try {
        compare();
      } catch (error) {
        throw explainFiles(error, 'none');
      }
      return pending.take();
    },
    (wake) => {
      let later: NodeJS.Timeout | undefined;
      const soon = (): void => {
        later ??= setTimeout(() => {
          later = undefined;
          wake();
        }, cost * share).unref();
      };
      const watcher = startWatch(folder, soon);
      const safety = setInterval(wake, pause).unref();
      return () => {
        watcher?.close();
        clearInterval(safety);
        clearTimeout(later);
      };
    },
  );
}

/** Undefined where the system watches no more folders; then a look each second has to do. */
function startWatch(folder: Folder, hear: () => void): FSWatcher | undefined {
  try {
    const watcher = watchFolder(folder.path, { persistent: false }, hear);
    return watcher.on('error', () => watcher.close());
  } catch {
    return undefined;
  }
}
