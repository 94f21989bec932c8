import { readFileSync } from 'node:fs';
import { buildScriptGuest } from './guests.ts';
import { appFolder, serveApp, waitUntil } from './slight.ts';
import { subscribe } from './subscriber.ts';
import type { Subscriber } from './subscriber.ts';

export interface HeldLoad {
  /** How many of each kind. */
  readonly streams: number;
  readonly sockets: number;
  /** Requests that broadcast, a few at a time, and how many messages each sends. */
  readonly requests: number;
  readonly messages: number;
  readonly workers: number;
  /** Clients besides that stop reading at once. */
  readonly slow: number;
  /** Characters of each message. */
  readonly size: number;
}

export interface HeldOutcome {
  /** What went wrong, each in a sentence. */
  readonly faults: string[];
  /** Milliseconds from the first broadcast until the last client had the last message. */
  readonly ms: number;
  readonly deliveries: number;
  /** Most instances that were there at once, of all workers. */
  readonly instances: number;
  /** Resident memory of all workers in KiB: idle, with all connections, and after the broadcasts. */
  readonly memory: readonly [idle: number, open: number, after: number] | undefined;
}

/** Opens connections to one host, broadcasts to all of them, and looks whether each got everything, in one order. */
export async function runHeldLoad(load: HeldLoad): Promise<HeldOutcome> {
  const folder = await appFolder({
    'app.wasm': await buildScriptGuest('live'),
    'slightfile.toml': 'specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n[limits]\ninstances = 32\n',
  });
  const app = await serveApp(folder, ['--workers', String(load.workers), '--health', '127.0.0.1:0']);
  const health = /(http:\S+\/healthz)/.exec(app.stderr())?.[1];
  await waitUntil('all workers run', async () => (await app.workers()).length === load.workers);
  const pids = await app.workers();
  const memory = () => pids.map(residentMemory).reduce((sum, each) => sum + each, 0);
  const idle = memory();
  let instances = 0;
  const count = async () => {
    if (health === undefined) return;
    const state = (await (await fetch(health)).json()) as { instances: { [name: string]: number } };
    const { ready = 0, starting = 0, busy = 0 } = state.instances;
    instances = Math.max(instances, ready + starting + busy);
  };

  const readers: Subscriber[] = [];
  const kinds = [
    ...Array.from({ length: load.streams }, () => 'event-stream' as const),
    ...Array.from({ length: load.sockets }, () => 'websocket' as const),
  ];
  await inTurns(kinds, 50, async (kind) => void readers.push(await subscribe(address(kind), kind)));
  const lazy: Subscriber[] = [];
  for (let index = 0; index < load.slow; index++) {
    const reader = await subscribe(address(index % 2 === 0 ? 'event-stream' : 'websocket'), kindOf(index));
    reader.socket.pause();
    lazy.push(reader);
  }
  const open = memory();
  await count();

  const began = performance.now();
  const tail = '-'.repeat(load.size);
  await inTurns([...Array(load.requests).keys()], 4, async (request) => {
    const path = `/say/load?count=${load.messages}`;
    const { status } = await app.get(path, { method: 'POST', body: `${request}${tail}` });
    if (status !== 204) throw new Error(`a broadcast was answered ${status}`);
    await count();
  });
  const expected = load.requests * load.messages;
  const faults: string[] = [];
  const complete = () => readers.every(({ received, closed }) => received.length >= expected || closed);
  await waitUntil('every client has everything', complete).catch((error: Error) =>
    faults.push(error.message),
  );
  const ms = performance.now() - began;
  const after = memory();

  const [first] = readers;
  const order = first?.received.join('\n');
  for (const [index, { received, closed }] of readers.entries()) {
    if (closed) faults.push(`client ${index} was cut off after ${received.length} messages`);
    else if (received.length !== expected)
      faults.push(`client ${index} got ${received.length} of ${expected}`);
    else if (received.join('\n') !== order) faults.push(`client ${index} got another order`);
  }
  faults.push(...disorder(first?.received ?? [], load));
  for (const { socket } of lazy) socket.on('error', () => undefined).destroy();

  const stopped = app.stop();
  await waitUntil('every client sees the end', () => readers.every(({ closed }) => closed)).catch(
    (error: Error) => faults.push(error.message),
  );
  await stopped;
  return {
    faults: faults.slice(0, 20),
    ms,
    deliveries: expected * readers.length,
    instances,
    memory: Number.isNaN(idle) ? undefined : [idle, open, after],
  };

  function address(kind: 'event-stream' | 'websocket'): string {
    return `${app.url}/${kind === 'websocket' ? 'sockets' : 'events'}/load?quiet`;
  }
}

const kindOf = (index: number) => (index % 2 === 0 ? 'event-stream' : 'websocket');

/** Messages of one request come in the order in which it sent them. */
function disorder(received: readonly string[], { messages }: HeldLoad): string[] {
  const last = new Map<string, number>();
  const faults: string[] = [];
  for (const message of received) {
    const dot = message.lastIndexOf('.');
    const request = message.slice(0, dot);
    const index = messages === 1 ? 0 : Number(message.slice(dot + 1));
    if (index !== (last.get(request) ?? -1) + 1) faults.push(`${message} came after ${last.get(request)}`);
    last.set(request, index);
  }
  return faults.slice(0, 5);
}

/** Runs a task for each item, a few at a time. */
async function inTurns<T>(
  items: readonly T[],
  atOnce: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const work = async () => {
    for (const item of rest) await task(item);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

/** In KiB; NaN where the system does not tell. */
function residentMemory(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return Number.NaN;
  }
}

if (import.meta.main) {
  const [streams = 2000, sockets = 2000, workers = 1] = process.argv.slice(2).map(Number);
  const load = { streams, sockets, requests: 50, messages: 10, workers, slow: 10, size: 1000 };
  const outcome = await runHeldLoad(load);
  process.stdout.write(`${JSON.stringify({ load, outcome }, null, 2)}\n`);
  process.exit(outcome.faults.length === 0 ? 0 : 1);
}
