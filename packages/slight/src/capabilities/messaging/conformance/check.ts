import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
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

/** Milliseconds of leases that checks let end; within `patience`. */
const leases = [600, 1_500, 3_500];

/** For a check that lets a lease end. What it opens has that lease, and a backoff of 1 ms. */
export interface LeaseTools extends CheckTools {
  /** Milliseconds. */
  readonly lease: number;
  /** Longer than the lease, in milliseconds. */
  readonly afterLease: number;
  /** Does what has to happen while a lease lasts that began before it, or begins in it. */
  inTime<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * A check that lets a lease end. Where it fails, and the machine was too slow for what has to happen while the lease lasts, that says
 * nothing of the backend: it is run once more with a longer lease.
 */
export function lettingLeasesEnd(run: (tools: LeaseTools) => Promise<void>): CheckDefinition['run'] {
  return async (tools) => {
    for (const lease of leases) {
      let late = false;
      try {
        return await run({
          ...tools,
          lease,
          afterLease: lease * 1.25,
          open: (config, suffix = 'main') =>
            tools.open({ lease: `${lease}ms`, backoff: '1ms', ...config }, `${suffix}-${lease}`),
          async inTime(work) {
            const begun = performance.now();
            try {
              return await work();
            } finally {
              late ||= performance.now() - begun > lease / 2;
            }
          },
        });
      } catch (error) {
        if (!late || lease === leases.at(-1)) throw error;
      }
    }
  };
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = ({ body }: { readonly body: Uint8Array }): string => new TextDecoder().decode(body);
export const textsOf = (messages: readonly { readonly body: Uint8Array }[]): string[] => messages.map(textOf);

/** Milliseconds of a wait that is to be ended by what happens: what comes at its end only is late. */
export const longWait = 3 * patience;

/** What such a wait gives, where it ends by itself. */
export async function ended<T>(wait: MaybePromise<T>): Promise<T> {
  const cut = new AbortController();
  try {
    return await Promise.race([
      wait,
      sleep(patience, undefined, { signal: cut.signal }).then(() => assert.fail('nothing ended the wait')),
    ]);
  } finally {
    cut.abort();
  }
}

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

/** So many messages, which are acked. @param inTime as of `LeaseTools` */
export async function drain(
  messages: Messaging,
  group: string,
  count: number,
  inTime: LeaseTools['inTime'] = (work) => work(),
): Promise<Delivery[]> {
  const all: Delivery[] = [];
  while (all.length < count) {
    const some = await messages.receive(group, { max: 100, wait: patience });
    assert.ok(some.length > 0, `${all.length} of ${count} came`);
    await inTime(async () => messages.ack(some.map(({ receipt }) => receipt)));
    all.push(...some);
  }
  return all;
}

export async function assertNothing(messages: Messaging, group: string, what: string): Promise<void> {
  assert.deepEqual(textsOf(await messages.receive(group, { max: 10, wait: quiet })), [], what);
}
