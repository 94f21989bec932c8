/**
 * Takes what is made for `id`, or waits for it while it is being made, and gives what `use` makes of it; `leave` lets go of
 * it, and more than one call does nothing. What `make` or `use` throws is thrown on, and has let go already.
 */
export type Share<Made> = <Client>(
  id: string,
  make: () => Promise<Made>,
  use: (made: Made, leave: () => void) => Client | Promise<Client>,
) => Promise<Client>;

interface Entry<Made> {
  readonly making: Promise<Made>;
  users: number;
}

/**
 * What this process has once for all who use the same: made for the first of them, and ended with the last.
 * @param end ends it; it fails for nobody
 */
export function makeShare<Made>(end: (made: Made) => unknown): Share<Made> {
  const entries = new Map<string, Entry<Made>>();
  return async (id, make, use) => {
    const entry = entries.get(id) ?? { making: make(), users: 0 };
    entries.set(id, entry);
    // Counted before the wait, so that nobody who leaves meanwhile ends it.
    entry.users++;
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      if (--entry.users > 0) return;
      if (entries.get(id) === entry) entries.delete(id);
      entry.making.then(end).catch(() => undefined);
    };
    try {
      return await use(await entry.making, leave);
    } catch (error) {
      leave();
      throw error;
    }
  };
}

/**
 * Waits until what is shared is there again: whoever opens it while it is away waits as for one of its own.
 * @param returns who hears of it
 * @param longest milliseconds
 */
export async function returned(returns: Set<() => void>, longest: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, longest);
  returns.add(resolve);
  await promise;
  clearTimeout(timer);
  returns.delete(resolve);
}
