import type { MaybePromise } from '../core/backend.ts';
import type { Delivery, Header, Messaging, ReceiveOptions } from './contract.ts';
import { expiredOf } from './receipt.ts';

/**
 * A member of a group. What it was given stays its own, however long it works: leases are extended until each message
 * is answered. For those who hand messages to a guest.
 */
export interface Subscription {
  readonly group: string;
  receive(options?: ReceiveOptions): MaybePromise<readonly Delivery[]>;
  /** These answer, as in `Messaging`; afterwards nothing is extended any more. */
  ack(receipts: readonly string[]): MaybePromise<void>;
  nack(receipt: string, options?: { readonly delay?: number }): MaybePromise<void>;
  dead(receipt: string, reason: string): MaybePromise<void>;
  reply(receipt: string, body: Uint8Array, headers?: readonly Header[]): MaybePromise<void>;
  /** Gives back untouched, for a shutdown. */
  release(receipts: readonly string[]): MaybePromise<void>;
  /**
   * Ends a wait, and gives back what was not answered: as failed, or `untouched`, without counting the attempt. Whatever
   * goes wrong with that, the leases end.
   */
  close(how: 'failed' | 'untouched'): Promise<void>;
}

/** Part of a lease after which it is extended: two may go wrong. */
const portion = 1 / 3;

export function openSubscription(messaging: Messaging, group: string): Subscription {
  /** Receipts that are out. */
  const out = new Set<string>();
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function take(deliveries: readonly Delivery[]): readonly Delivery[] {
    if (closed) {
      void giveBack(
        deliveries.map(({ receipt }) => receipt),
        'untouched',
      );
      return [];
    }
    for (const { receipt, lease } of deliveries) {
      out.add(receipt);
      timer ??= setInterval(() => void extend(), lease * portion).unref();
    }
    return deliveries;
  }

  async function extend(): Promise<void> {
    const receipts = [...out];
    try {
      if (receipts.length > 0) await messaging.extend(receipts);
    } catch (error) {
      // Those are lost; an answer to them will say so. Anything else may go better the next time.
      for (const receipt of expiredOf(error) ?? []) out.delete(receipt);
    }
  }

  function answered<T>(receipts: readonly string[], answer: () => T): T {
    for (const receipt of receipts) out.delete(receipt);
    if (out.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    return answer();
  }

  async function giveBack(receipts: readonly string[], how: 'failed' | 'untouched'): Promise<void> {
    const tasks =
      how === 'untouched'
        ? [async () => messaging.release(receipts)]
        : receipts.map((receipt) => async () => messaging.nack(receipt));
    if (receipts.length > 0) await Promise.allSettled(tasks.map((task) => task()));
  }

  return {
    group,
    receive(options = {}) {
      const signal =
        options.signal === undefined ? ending.signal : AbortSignal.any([options.signal, ending.signal]);
      const received = messaging.receive(group, { ...options, signal });
      return received instanceof Promise ? received.then(take) : take(received);
    },
    ack: (receipts) => answered(receipts, () => messaging.ack(receipts)),
    nack: (receipt, options) => answered([receipt], () => messaging.nack(receipt, options)),
    dead: (receipt, reason) => answered([receipt], () => messaging.dead(receipt, reason)),
    reply: (receipt, body, headers) => answered([receipt], () => messaging.reply(receipt, body, headers)),
    release: (receipts) => answered(receipts, () => messaging.release(receipts)),
    async close(how) {
      closed = true;
      clearInterval(timer);
      ending.abort();
      const receipts = [...out];
      out.clear();
      await giveBack(receipts, how);
    },
  };
}
