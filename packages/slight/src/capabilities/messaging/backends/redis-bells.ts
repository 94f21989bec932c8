import type { RedisHearing } from './redis-hearing.ts';

/** Who waits for a group in this process. */
export interface Waiter {
  readonly wake: () => void;
  /** It was told since it looked last. */
  woken: boolean;
}

/**
 * Tells those in this process who wait for a group that something came. One is told at a time, and it tells the next one where there is
 * more: a thousand who wait for one message would all ask for it.
 */
export interface Bells {
  /** For `PUBLISH`. */
  channel(group: string): string;
  add(group: string, waiter: Waiter): void;
  /** @param more whether there is something for another */
  remove(group: string, waiter: Waiter, more: boolean): void;
  wakeAll(): void;
}

export function makeBells(hearing: RedisHearing): Bells {
  const groups = new Map<string, Set<Waiter>>();
  let listening: Promise<unknown> | undefined;

  function ring(group: string): void {
    for (const waiter of groups.get(group) ?? []) {
      if (waiter.woken) continue;
      waiter.woken = true;
      return waiter.wake();
    }
  }

  function wakeAll(): void {
    for (const waiters of groups.values()) for (const { wake } of waiters) wake();
  }

  /** Nobody waits for this: until it is heard, and where it cannot be, they look every now and then. */
  function hear(): void {
    listening ??= hearing
      .listen('bell:*', (name) => ring(name.slice('bell:'.length)), wakeAll)
      .then(wakeAll, () => (listening = undefined));
  }

  return {
    channel: (group) => hearing.channel(`bell:${group}`),
    add(group, waiter) {
      hear();
      const waiters = groups.get(group) ?? new Set();
      groups.set(group, waiters.add(waiter));
    },
    remove(group, waiter, more) {
      const waiters = groups.get(group);
      waiters?.delete(waiter);
      if (waiters?.size === 0) groups.delete(group);
      if (waiter.woken || more) ring(group);
    },
    wakeAll,
  };
}
