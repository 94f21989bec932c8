import type { InstanceCounts } from '../health-summary.ts';

export interface PoolOptions<Item> {
  create(): Promise<Item>;
  /** Makes an item ready to be handed out again; with false it is disposed of. Default: each is used once. */
  recycle?(item: Item): boolean | Promise<boolean>;
  dispose(item: Item): void;
  /** Most items at once: leased, starting and ready ones together. */
  readonly limit: number;
  /** Most requests that wait beyond those for which an item is being made. */
  readonly queue: number;
  /** Items made in advance. */
  readonly ready: number;
  /** Milliseconds that `warm` leaves to the first item, before the others are made in advance. Default: none. */
  readonly lead?: number;
  /** Milliseconds after which items beyond `ready` are disposed of that nobody wanted meanwhile. Default 10,000. */
  readonly calm?: number;
  /** Hears why an item that nobody waited for could not be made. */
  onSpareFailed?(error: unknown): void;
}

/** Hands out items, first come first served. */
export interface Pool<Item> {
  /**
   * @param until - the time (`performance.now()`) at which waiting has lost its point
   * @throws {PoolBusyError} the queue is full, or the time came
   * @throws the reason of `signal`, or whatever `create` threw
   */
  acquire(until: number, signal?: AbortSignal): Promise<Item>;
  /** Ends a lease: the item is made ready for another one, or disposed of. */
  release(item: Item): void;
  /** Makes the first items in advance, so that a broken guest is known at the start. */
  warm(): Promise<void>;
  counts(): InstanceCounts;
  /** Disposes of the ready items and refuses all who wait or come. Leased items stay with their holders. */
  close(): void;
}

/** Too many requests at once. */
export class PoolBusyError extends Error {
  override readonly name = 'PoolBusyError';
}

interface Waiter<Item> {
  resolve(item: Item): void;
  reject(error: unknown): void;
}

export function createPool<Item>(options: PoolOptions<Item>): Pool<Item> {
  const { limit, queue } = options;
  const spares = Math.min(options.ready, limit);
  const ready: Item[] = [];
  const waiting = new Set<Waiter<Item>>(); // in order of arrival
  let busy = 0;
  let starting = 0;
  let closed = false;
  let refilling = false;
  let leadTimer: NodeJS.Timeout | undefined;
  let idleTimer: NodeJS.Timeout | undefined;
  /** Fewest ready items since the timer began. */
  let unused = 0;

  const room = () => busy + starting + ready.length < limit;

  function first(): Waiter<Item> | undefined {
    for (const waiter of waiting) return waiter;
    return undefined;
  }

  /** Gives a ready item to whoever waits, or keeps it. */
  function offer(item: Item, most: number): void {
    const waiter = first();
    if (waiter !== undefined) {
      busy++;
      waiter.resolve(item);
    } else if (!closed && ready.length < most) {
      ready.push(item);
      watchIdle();
    } else options.dispose(item);
  }

  async function start(): Promise<boolean> {
    starting++;
    try {
      const item = await options.create();
      starting--;
      offer(item, spares);
      return true;
    } catch (error) {
      starting--;
      const waiter = first();
      if (waiter !== undefined) waiter.reject(error);
      else options.onSpareFailed?.(error);
      serveWaiting();
      return false;
    }
  }

  /** Lets go of items that have not been needed for a while: each holds memory. */
  function watchIdle(): void {
    if (idleTimer !== undefined || ready.length <= spares) return;
    unused = ready.length;
    idleTimer = setTimeout(() => {
      idleTimer = undefined;
      // Items are taken from the end, so these lay there all the time.
      const count = Math.min(unused, ready.length - spares);
      for (const item of ready.splice(0, count)) options.dispose(item);
      watchIdle();
    }, options.calm ?? 10_000);
    idleTimer.unref();
  }

  function end(item: Item, usable: boolean): void {
    busy--;
    if (usable) offer(item, limit);
    else options.dispose(item);
    serveWaiting();
    refill();
  }

  function serveWaiting(): void {
    while (starting < waiting.size && room()) void start();
  }

  // Spares are made between requests, one a turn: making one takes milliseconds in which nobody is served.
  function refill(): void {
    if (refilling || closed || ready.length + starting >= spares || !room()) return;
    refilling = true;
    setImmediate(() => {
      refilling = false;
      if (closed || ready.length + starting >= spares || !room()) return;
      // After a failure the next released item tries again.
      void start().then((made) => made && refill());
    });
  }

  function wait(until: number, signal?: AbortSignal): Promise<Item> {
    return new Promise<Item>((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        waiting.delete(waiter);
      };
      const waiter: Waiter<Item> = {
        resolve(item) {
          settle();
          resolve(item);
        },
        reject(error) {
          settle();
          reject(error);
        },
      };
      const abort = () => waiter.reject(signal?.reason);
      const late = () =>
        waiter.reject(
          new PoolBusyError(
            'every instance was busy until the deadline (instances and deadline below [limits])',
          ),
        );
      const timer = setTimeout(late, Math.max(0, until - performance.now()));
      signal?.addEventListener('abort', abort);
      waiting.add(waiter);
      serveWaiting();
    });
  }

  return {
    acquire(until, signal) {
      if (closed) return Promise.reject(new PoolBusyError('shutting down'));
      if (signal?.aborted) return Promise.reject(signal.reason);
      const item = waiting.size === 0 ? ready.pop() : undefined;
      if (item !== undefined) {
        busy++;
        unused = Math.min(unused, ready.length);
        return Promise.resolve(item);
      }
      if (!room() && waiting.size - starting >= queue) {
        return Promise.reject(
          new PoolBusyError(
            'every instance is busy and the queue is full (instances and queue below [limits])',
          ),
        );
      }
      return wait(until, signal);
    },
    release(item) {
      const usable = closed ? false : (options.recycle?.(item) ?? false);
      if (typeof usable === 'boolean') return end(item, usable);
      usable.then(
        (ready) => end(item, ready),
        () => end(item, false),
      );
    },
    async warm() {
      if (spares === 0) return;
      ready.push(await options.create());
      if (options.lead === undefined) return refill();
      leadTimer = setTimeout(refill, options.lead);
      leadTimer.unref();
    },
    counts: () => ({ ready: ready.length, starting, busy, waiting: waiting.size }),
    close() {
      closed = true;
      clearTimeout(leadTimer);
      clearTimeout(idleTimer);
      for (const item of ready.splice(0)) options.dispose(item);
      for (const waiter of waiting) waiter.reject(new PoolBusyError('shutting down'));
    },
  };
}
