import { USUAL_SPACE } from '../core/thread.ts';
import type { GuestThread } from '../core/thread.ts';

/**
 * What calls use up for good. V8 gives a call that may wait a stack of its own, keeps those of a few calls and leaks the
 * addresses of all others that were needed at the same time. Memory is not lost, addresses are, and at their end V8
 * aborts the process. How much, and why half: docs/decisions/address-space.md.
 */
export interface Wear {
  /** Calls under way on this thread, those that wait for the host included. */
  readonly calls: number;
  /** Calls that began while so many others were under way that V8 leaked a stack. */
  readonly overlapping: number;
  /** Bytes of addresses that this process uses, and has: on Linux measured, elsewhere estimated from `overlapping`. */
  readonly addresses: { readonly used: number; readonly all: number; readonly measured: boolean };
  /** Why the process is to be replaced by another one soon; undefined: it need not be. */
  readonly worn: string | undefined;
}

/** Calls that overlap up to here have V8's kept stacks: 4 MiB of them, of a little less than 1 MiB by default. */
export const KEPT_STACKS = 4;

/** What V8 leaks with one stack of the default size; with smaller ones it is less. */
const LEAKED = 2 ** 20;

/** What V8 reserves for one memory of a guest. */
const RESERVED = 8 * 2 ** 30;

const TEBIBYTE = 2 ** 40;

/**
 * @param instances how many instances there are at most at the same time: what they reserve is no wear
 */
export function measureWear(thread: GuestThread, instances: number): Wear {
  const { calls, overlapping } = thread;
  const found = thread.platform.addresses?.();
  const { used, all } = found ?? { used: overlapping * LEAKED, all: USUAL_SPACE };
  const reserved = found === undefined ? 0 : Math.min(instances * RESERVED, all / 4);
  const addresses = { used, all, measured: found !== undefined };
  return { calls, overlapping, addresses, worn: used > all / 2 + reserved ? explain() : undefined };

  function explain(): string {
    return found === undefined
      ? `it has served ${overlapping} overlapping calls`
      : `it uses ${(used / TEBIBYTE).toFixed(1)} TiB of addresses, of ${(all / TEBIBYTE).toFixed(1)}`;
  }
}
