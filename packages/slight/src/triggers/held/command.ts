/** What is sent to clients. */
export interface HeldMessage {
  readonly content: string | Uint8Array;
  /** The type and the id of an event, for event streams. */
  readonly event: string | undefined;
  readonly id: string | undefined;
}

/**
 * Something done to connections, whichever process holds them. Every process of the host gets every command, all in the
 * same order, and carries it out on the connections that are its own.
 */
export type HeldCommand =
  | { readonly type: 'broadcast'; readonly channel: string; readonly message: HeldMessage }
  | { readonly type: 'send'; readonly connection: string; readonly message: HeldMessage }
  | { readonly type: 'close'; readonly connection: string; readonly code: number; readonly reason: string }
  | { readonly type: 'join'; readonly connection: string; readonly channel: string }
  | { readonly type: 'leave'; readonly connection: string; readonly channel: string };

/** Carries commands to all processes that hold connections, this one included. */
export interface Relay {
  /** Gives a promise where there is no room for more right now. The order of calls is the order of delivery. */
  publish(command: HeldCommand): Promise<void> | undefined;
  /** Resolves once what this process has published is carried out here; undefined where it is already. */
  settled(): Promise<void> | undefined;
  /** Takes what is published anywhere. There is one listener. */
  subscribe(listener: (command: HeldCommand) => void): void;
}

/** A relay for a host of one process. */
export function createLocalRelay(): Relay {
  let deliver: (command: HeldCommand) => void = () => undefined;
  return {
    publish(command) {
      deliver(command);
      return undefined;
    },
    settled: () => undefined,
    subscribe(listener) {
      deliver = listener;
    },
  };
}
