import assert from 'node:assert/strict';
import type { MaybePromise } from '../../core/backend.ts';
import type { Config } from '../../core/capability.ts';
import type { CheckDefinition as AnyCheck, RefusalDefinition as AnyRefusal } from '../../core/check.ts';
import type { Delivery, Messaging, MessagingFeature } from '../contract.ts';

export { assertFails, eventually } from '../../core/check.ts';

export interface MessagingTarget {
  /**
   * Opens messages as a guest would see them, behind the portable layer (`openCapabilityOn` puts a backend there), with
   * these settings. Two opens of one name are the same messages. Names are made up by the suite.
   */
  open(name: string, config: Config): MaybePromise<Messaging>;
  /** What the backend declares. */
  readonly features: ReadonlySet<MessagingFeature>;
  /** With `durable-server`: ends the server without warning and starts it again. Called while nothing is open. */
  restart?(): Promise<void>;
  /** Bytes of the largest body that the server takes, where that is less than 1 MiB. */
  readonly largestBody?: number;
}

export interface CheckTools {
  readonly features: ReadonlySet<MessagingFeature>;
  /** Bytes of the largest body. */
  readonly largest: number;
  /** Messages of this check alone; the same suffix opens the same ones once more. */
  open(config?: Config, suffix?: string): Promise<Messaging>;
  /** Closes what is open; then the server goes and comes, where there is one. */
  restart(): Promise<void>;
}

export type CheckDefinition = AnyCheck<MessagingFeature, CheckTools>;
export type RefusalDefinition = AnyRefusal<MessagingFeature, CheckTools>;

/** Milliseconds in which what is promised to come has come on any machine. */
export const patience = 5_000;
/** Milliseconds after which what must not come is taken not to. */
export const quiet = 120;

/** Settings for checks that let a lease end. */
export const shortLease = { lease: '600ms', backoff: '1ms' } as const;
/** Longer than that lease. */
export const afterLease = 750;

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = ({ body }: { readonly body: Uint8Array }): string => new TextDecoder().decode(body);
export const textsOf = (messages: readonly { readonly body: Uint8Array }[]): string[] => messages.map(textOf);

/** The next message of a group, which must come. */
export async function take(messages: Messaging, group: string): Promise<Delivery> {
  const [delivery] = await messages.receive(group, { wait: patience });
  assert.ok(delivery !== undefined, `nothing came for ${group}`);
  return delivery;
}

/** The next message, whose text is known. */
export async function takeText(messages: Messaging, group: string, text: string): Promise<Delivery> {
  const delivery = await take(messages, group);
  assert.equal(textOf(delivery), text);
  return delivery;
}

/** So many messages, which are acked. */
export async function drain(messages: Messaging, group: string, count: number): Promise<Delivery[]> {
  const all: Delivery[] = [];
  while (all.length < count) {
    const some = await messages.receive(group, { max: 100, wait: patience });
    assert.ok(some.length > 0, `${all.length} of ${count} came`);
    await messages.ack(some.map(({ receipt }) => receipt));
    all.push(...some);
  }
  return all;
}

export async function assertNothing(messages: Messaging, group: string, what: string): Promise<void> {
  assert.deepEqual(textsOf(await messages.receive(group, { max: 10, wait: quiet })), [], what);
}
