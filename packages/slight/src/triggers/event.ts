/** A planned time that has come. */
export interface ScheduleEvent {
  readonly name: string;
  /** The planned time, in milliseconds since 1970. */
  readonly time: number;
}

/** Keys of a store that were written to. */
export interface ChangeEvent {
  readonly name: string;
  readonly store: string;
  readonly keys: readonly string[];
  /** Changes may have been missed. */
  readonly resync: boolean;
}

/** A message on its way to the app. */
export interface MessageDelivery {
  readonly id: string;
  readonly topic: string;
  readonly attempt: number;
  readonly key: string | undefined;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
  /** Somebody waits for a reply. */
  readonly wantsReply: boolean;
}

/** Messages that came together. */
export interface MessageBatch {
  readonly subscription: string;
  readonly deliveries: readonly MessageDelivery[];
}

/** What becomes of a message. */
export type Verdict =
  | { readonly kind: 'ack' }
  /** It is done, and this is for whoever waits for a reply. */
  | { readonly kind: 'reply'; readonly body: Uint8Array }
  /** It is to come again, after `delay` milliseconds or when the slightfile says. */
  | { readonly kind: 'nack'; readonly delay?: number | undefined }
  | { readonly kind: 'dead'; readonly reason: string };

/** The app says that it failed. */
export class EventError extends Error {
  override readonly name = 'EventError';
}
