import type { Meta } from './nats-message.ts';

/**
 * What this process was given and has not answered. The server takes an answer to any delivery of a message, also one whose
 * lease has ended: so it is here that a receipt ends.
 */
export interface Leases {
  /**
   * @param asked when the server was asked for it, by `performance.now()`: its lease is over there no sooner than from then on
   * @returns the receipt
   */
  add(lease: Lease, asked: number): string;
  /** Undefined where it has ended, was answered, or is none of this name's. */
  find(receipt: string): Lease | undefined;
  /** @param asked when the server was asked */
  extend(receipt: string, asked: number): void;
  remove(receipt: string): void;
}

export interface Lease {
  /** Where answers go. */
  readonly reply: string;
  readonly group: string;
  readonly consumer: string;
  readonly sequence: number;
  /** How often it was given out that counts. */
  readonly attempt: number;
  /** How often it was given back without having been tried. */
  readonly released: number;
  readonly meta: Meta;
  readonly body: Uint8Array;
}

/** Milliseconds that an answer may take to the server. */
const ahead = 15;

const all = new Map<string, { readonly lease: Lease; end: number; readonly stream: string }>();

/** Of one name. Several that are open in this process know of each other's. */
export function openLeases(stream: string, milliseconds: number): Leases {
  const endOf = (asked: number): number => asked + milliseconds - ahead;
  return {
    add(lease, asked) {
      // Those that nobody answers would stay.
      if (all.size % 1_000 === 999)
        for (const [receipt, { end }] of all) if (end < performance.now()) all.delete(receipt);
      all.set(lease.reply, { lease, end: endOf(asked), stream });
      return lease.reply;
    },
    find(receipt) {
      const found = all.get(receipt);
      if (found === undefined || found.stream !== stream) return undefined;
      if (found.end > performance.now()) return found.lease;
      all.delete(receipt);
      return undefined;
    },
    extend(receipt, asked) {
      const found = all.get(receipt);
      if (found !== undefined) found.end = endOf(asked);
    },
    remove: (receipt) => void all.delete(receipt),
  };
}
