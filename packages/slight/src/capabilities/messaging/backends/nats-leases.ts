import type { Meta } from './nats-message.ts';

/**
 * What this process was given and has not answered. The server takes an answer to any delivery of a message, also one whose
 * lease has ended: so it is here that a receipt ends.
 */
export interface Leases {
  /** @returns the receipt */
  add(lease: Lease): string;
  /** Undefined where it has ended, was answered, or is none of this name's. */
  find(receipt: string): Lease | undefined;
  extend(receipt: string): void;
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

/** Milliseconds by which the server is ahead: it counts from when it sent the message. */
const ahead = 15;

const all = new Map<string, { readonly lease: Lease; end: number; readonly stream: string }>();

/** Of one name. Several that are open in this process know of each other's. */
export function openLeases(stream: string, milliseconds: number): Leases {
  const endOf = (): number => performance.now() + milliseconds - ahead;
  return {
    add(lease) {
      // Those that nobody answers would stay.
      if (all.size % 1_000 === 999)
        for (const [receipt, { end }] of all) if (end < performance.now()) all.delete(receipt);
      all.set(lease.reply, { lease, end: endOf(), stream });
      return lease.reply;
    },
    find(receipt) {
      const found = all.get(receipt);
      if (found === undefined || found.stream !== stream) return undefined;
      if (found.end > performance.now()) return found.lease;
      all.delete(receipt);
      return undefined;
    },
    extend(receipt) {
      const found = all.get(receipt);
      if (found !== undefined) found.end = endOf();
    },
    remove: (receipt) => void all.delete(receipt),
  };
}
