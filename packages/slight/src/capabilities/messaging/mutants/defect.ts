import type { Delivery, Messaging, MessagingFeature } from '../contract.ts';
import type { MessagingSettings } from '../settings.ts';

/** What a mutant remembers: the same for all opens of one name. */
export type Notes = Map<string, any>;

export interface Defect {
  /** Names of checks that must fail. */
  readonly breaks: readonly string[];
  /** Features that it does not declare. */
  readonly lacks?: readonly MessagingFeature[];
  /** What it does in place of what it was set to. */
  readonly settings?: Partial<MessagingSettings>;
  /** Keeps nothing once all have closed it. */
  readonly forgets?: boolean;
  /** What is opened in place of this name. */
  rename?(name: string): string;
  /** Breaks the backend, below the portable layer. */
  backend?(raw: Messaging, notes: Notes): Partial<Messaging>;
  /** Breaks what the guest sees, above the portable layer. */
  guest?(portable: Messaging, raw: Messaging): Partial<Messaging>;
}

export type Defects = { readonly [name: string]: Defect };

/** What is received, each changed or left out. */
export function withDeliveries(
  raw: Messaging,
  change: (delivery: Delivery) => Delivery | undefined,
): Pick<Messaging, 'receive'> {
  return {
    async receive(group, options) {
      const received = await raw.receive(group, options);
      return received.flatMap((delivery) => change(delivery) ?? []);
    },
  };
}

/** The value of a note, made where it is missing. */
export function noteOf<T>(notes: Notes, name: string, make: () => T): T {
  if (!notes.has(name)) notes.set(name, make());
  return notes.get(name) as T;
}
