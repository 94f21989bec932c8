import { openStore } from './store.ts';

export interface OnceOptions {
  /** Milliseconds for which an id is remembered: longer than a message can come again. Default: 7 days. */
  readonly rememberMs?: number;
}

/**
 * Runs `work` unless it has run to its end for this id before. Gives whether it ran.
 *
 * A message may come again; this makes its handler skip what was done. It is at least once all the same: where the host
 * dies between the work and the note of it, or two work on one id at the same time, the work is done twice. What must
 * not be done twice in any case belongs into one transaction with its own note. What `work` throws is thrown, and
 * nothing is noted.
 */
export type Once = (id: string, work: () => unknown) => Promise<boolean>;

const week = 7 * 24 * 3_600_000;

/**
 * Remembers ids in the key-value store of this name, under `once/<id>`:
 *
 * ```ts
 * const once = openOnce('handled');
 * await once(message.id, () => charge(order));
 * ```
 */
export function openOnce(store: string, { rememberMs = week }: OnceOptions = {}): Once {
  const done = openStore(store);
  return async (id, work) => {
    const key = `once/${id}`;
    if (await done.exists(key)) return false;
    await work();
    await done.set(key, '', { ttlMs: rememberMs });
    return true;
  };
}
