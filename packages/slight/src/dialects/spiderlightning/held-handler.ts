import type { CallOptions, Instance } from '@spiderlightning/component';
import type { HeldEvent, HeldView } from '../../triggers/held/event.ts';
import type { Content } from './connections.ts';

/** What an app exports that wants to hear of its connections. */
export const heldHandler = 'spiderlightning:cloud/held-handler@0.6.0';

/**
 * Tells the guest what happened on a connection.
 * @throws {Trap}
 */
export async function tellHeld(
  instance: Instance,
  connection: HeldView,
  event: HeldEvent,
  options: CallOptions,
): Promise<void> {
  await instance.call(`${heldHandler}#on-${event.type}`, [connection, ...details(event)], options);
}

function details(event: HeldEvent): unknown[] {
  switch (event.type) {
    case 'open':
      return [event.lastEventId];
    case 'message': {
      const { content } = event;
      const lowered: Content =
        typeof content === 'string' ? { tag: 'text', val: content } : { tag: 'binary', val: content };
      return [lowered];
    }
    case 'close':
      return [event.code, event.reason];
  }
}
