/**
 * Opens thousands of connections to one host. For the numbers of a machine:
 *
 *     npx node packages/slight/test/held-load.ts [STREAMS [SOCKETS [WORKERS [SIZE]]]]
 *
 * The default is 2,000 of each, one worker and messages of 1,000 characters. Each connection needs a file descriptor here and one in the host: `ulimit -n`.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { boundConnections, readOpenFiles } from '../src/host/worker/open-files.ts';
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
  /** Milliseconds in which each websocket was answered once, after all had spoken at once. */
  readonly answered: number;
  readonly deliveries: number;
  /** Most instances that were there at once, of all workers. */
  readonly instances: number;
  /** Slow clients whose connection was ended. */
  readonly letGo: number;
  /** Resident memory of all workers in KiB: idle, with all connections, and after the broadcasts. */
  readonly memory: readonly [idle: number, open: number, after: number] | undefined;
}

type Kind = 'event-stream' | 'websocket';

/** What the app answers to `channels`. */
const answer = '["load"]';

/** Opens connections to one host, broadcasts to all of them, and looks whether each got everything, in one order. */
export async function runHeldLoad(load: HeldLoad): Promise<HeldOutcome> {
  const held = load.streams + load.sockets + load.slow;
  // One worker may come to hold all of them.
  if (boundConnections(held).held.count < held)
    throw new Error(`${held} connections need more than ${readOpenFiles()} open files: raise ulimit -n`);
  const folder = await appFolder({
    'app.wasm': await buildScriptGuest('live'),
    'slightfile.toml': 'specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n[limits]\ninstances = 32\n',
  });
  const app = await serveApp(folder, ['--workers', String(load.workers), '--health', '127.0.0.1:0']);
  const { health } = app;
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

  const readers: { kind: Kind; client: Subscriber; count: number; answers: number }[] = [];
  const faults: string[] = [];
  /** All messages, as the first who heard each of them did. */
  const order: string[] = [];
  let heardAt = performance.now();
  const open = async (kind: Kind) => {
    const reader = { kind, count: 0, answers: 0 };
    const client = await subscribe(address(kind), kind, {}, (text) => {
      heardAt = performance.now();
      if (text === answer) return void reader.answers++;
      const place = reader.count++;
      if (place === order.length) order.push(text);
      else if (text !== order[place] && faults.length < 20)
        faults.push(`${kind}: message ${place} is ${text.slice(-20)}, elsewhere ${order[place]?.slice(-20)}`);
    });
    readers.push(Object.assign(reader, { client }));
  };
  const kinds: Kind[] = [
    ...Array.from({ length: load.streams }, () => 'event-stream' as const),
    ...Array.from({ length: load.sockets }, () => 'websocket' as const),
  ];
  await inTurns(kinds, 50, open);
  const lazy: Subscriber[] = [];
  for (let index = 0; index < load.slow; index++) {
    const kind = index % 2 === 0 ? 'event-stream' : 'websocket';
    const reader = await subscribe(address(kind), kind);
    reader.socket.on('error', () => undefined).pause();
    lazy.push(reader);
  }
  const full = memory();
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
  /** As long as anything arrives it is only slow. */
  const settle = async (what: string, done: () => boolean) => {
    while (!done()) {
      if (performance.now() - heardAt > 20_000)
        return void faults.push(`${what}: nothing arrived for 20 seconds`);
      await count();
      await sleep(20);
    }
  };
  await settle('broadcasts', () =>
    readers.every(({ count: heard, client }) => heard >= expected || client.closed),
  );
  const ms = performance.now() - began;
  const after = memory();
  for (const { client, count: heard } of readers) {
    if (client.closed) faults.push(`a client was cut off after ${heard} messages`);
    else if (heard !== expected) faults.push(`a client got ${heard} of ${expected}`);
  }
  faults.push(...disorder(order, load));

  // All websockets speak at once, and each is answered by the app.
  const talkers = readers.filter(({ kind }) => kind === 'websocket');
  heardAt = performance.now();
  const spoke = performance.now();
  for (const { client } of talkers) client.send('channels');
  await settle('answers', () => talkers.every(({ answers, client }) => answers > 0 || client.closed));
  if (talkers.some(({ answers }) => answers !== 1)) faults.push('a message was not answered once');
  const answered = performance.now() - spoke;
  for (const { socket } of lazy) socket.destroy();

  const stopped = app.stop();
  await waitUntil('every client sees the end', () => readers.every(({ client }) => client.closed)).catch(
    (error: Error) => faults.push(error.message),
  );
  await stopped;
  return {
    faults: faults.slice(0, 20),
    ms,
    answered,
    deliveries: expected * readers.length,
    instances,
    letGo: app.stderr().split('takes its messages too slowly').length - 1,
    memory: Number.isNaN(idle) ? undefined : [idle, full, after],
  };

  function address(kind: Kind): string {
    return `${app.url}/${kind === 'websocket' ? 'sockets' : 'events'}/load?quiet`;
  }
}

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
  const [streams = 2000, sockets = 2000, workers = 1, size = 1000] = process.argv.slice(2).map(Number);
  const load = { streams, sockets, requests: 50, messages: 10, workers, slow: 10, size };
  const outcome = await runHeldLoad(load);
  process.stdout.write(`${JSON.stringify({ load, outcome }, null, 2)}\n`);
  process.exit(outcome.faults.length === 0 ? 0 : 1);
}
