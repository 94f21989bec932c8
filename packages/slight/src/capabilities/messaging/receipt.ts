import type { MaybePromise } from '../core/backend.ts';
import { CapabilityError } from '../core/error.ts';
import type { Delivery } from './contract.ts';
import { expiredReceipts } from './validate.ts';

/**
 * The receipt that consumers have holds the attempt, by which a nack knows how long to wait, and the backend's receipt.
 */
export function sealReceipt(delivery: Delivery): Delivery {
  return { ...delivery, receipt: `${delivery.attempt}.${delivery.receipt}` };
}

const longestReceipt = 4_096;

/** Undefined where it is none of ours. */
export function openReceipt(receipt: string): { readonly attempt: number; readonly own: string } | undefined {
  const match = receipt.length <= longestReceipt ? /^(\d{1,9})\.(.+)$/s.exec(receipt) : null;
  return match === null ? undefined : { attempt: Number(match[1]), own: match[2]! };
}

/** Calls a backend with its own receipts; an error that lists those which expired lists the consumer's. */
export function withReceipts(
  receipts: readonly string[],
  call: (own: readonly string[]) => MaybePromise<void>,
): MaybePromise<void> {
  const ours = new Map<string, string>();
  const foreign: string[] = [];
  for (const receipt of receipts) {
    const own = openReceipt(receipt)?.own;
    if (own === undefined) foreign.push(receipt);
    else ours.set(own, receipt);
  }
  const fail = (error: unknown): never => {
    const expired = expiredOf(error);
    if (expired === undefined) throw error;
    throw expiredReceipts([...foreign, ...expired.map((own) => ours.get(own) ?? own)]);
  };
  const finish = (): void => {
    if (foreign.length > 0) throw expiredReceipts(foreign);
  };
  let settled: MaybePromise<void> = undefined;
  try {
    if (ours.size > 0) settled = call([...ours.keys()]);
  } catch (error) {
    return fail(error);
  }
  return settled instanceof Promise ? settled.then(finish, fail) : finish();
}

/** The receipts that an error of a backend, or of the portable layer, names as expired. */
export function expiredOf(error: unknown): readonly string[] | undefined {
  if (!(error instanceof CapabilityError) || error.code !== 'precondition-failed') return undefined;
  return (error.detail as { expired?: readonly string[] } | undefined)?.expired;
}
