import type { TestContext } from 'node:test';
import { createLog } from '../src/host/log/log.ts';
import { createLocalRelay } from '../src/triggers/held/command.ts';
import type { HeldCommand } from '../src/triggers/held/command.ts';
import { createConnections } from '../src/triggers/held/connections.ts';
import type { HeldOptions } from '../src/triggers/held/connections.ts';
import type { HeldEvent, HeldView } from '../src/triggers/held/event.ts';
import type { Hold, HttpHandler } from '../src/triggers/http-message.ts';
import { startHttpTrigger } from '../src/triggers/http.ts';
import { subscribe } from './subscriber.ts';

export const all = { open: true, message: true, close: true };

/** An answer that holds; event streams and websockets are told apart by the path. */
export function holdAt(url: string, more: Partial<Hold> = {}): Hold {
  return {
    kind: 'hold',
    protocol: url.includes('/sockets')
      ? { name: 'websocket', subprotocol: undefined }
      : { name: 'event-stream', retryMs: undefined },
    channels: ['all'],
    context: new Uint8Array(),
    events: all,
    ...more,
  };
}

/** The host's half of held connections, without a guest: functions stand for the app. */
export async function serveHeld(
  t: TestContext,
  options: Partial<HeldOptions> & { handle?: HttpHandler; origins?: readonly string[] } = {},
) {
  const lines: string[] = [];
  const told: (HeldEvent & { readonly view: HeldView })[] = [];
  const relay = createLocalRelay();
  const log = createLog({ write: (text) => void lines.push(text), terminal: false });
  const held = createConnections({
    most: { count: 100, because: 'limits.connections' },
    message: 1024 * 1024,
    heartbeat: 60_000,
    relay,
    events: 4,
    log,
    ...options,
    handler: async (view, event, origin) => {
      told.push({ ...event, view });
      await options.handler?.(view, event, origin);
    },
  });
  const trigger = await startHttpTrigger({
    address: { host: '127.0.0.1', port: 0 },
    forwarded: false,
    body: 1000,
    bodyTimeout: 5000,
    log,
    held,
    origins: options.origins ?? [],
    handle: options.handle ?? (async ({ url }) => ({ status: 200, headers: [], body: holdAt(url) })),
  });
  t.after(() => trigger.close(0));
  const kinds = { events: 'event-stream', sockets: 'websocket' } as const;
  return {
    held,
    trigger,
    told,
    port: Number(new URL(trigger.url).port),
    log: () => lines.join(''),
    publish: (command: HeldCommand) => void relay.publish(command),
    open: (kind: keyof typeof kinds, headers?: { readonly [name: string]: string }) =>
      subscribe(`${trigger.url}/${kind}`, kinds[kind], headers),
    /** Ids of connections in the order in which they were opened. */
    ids: () => told.filter(({ type }) => type === 'open').map(({ view }) => view.id),
  };
}

export const text = (content: string | Uint8Array) => ({ content, event: undefined, id: undefined });
