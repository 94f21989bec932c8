import { join } from 'node:path';
import { takeTurns } from '../measure.ts';
import type { Timing } from '../measure.ts';
import { type Comparison, compare } from '../report.ts';
import { buildGuest, makeFolder, startBare, startProgram, startSlight } from '../server.ts';
import type { Server } from '../server.ts';
import { load } from './load.ts';
import { compute, makeOrder } from './work.js';

const CONNECTIONS = 32;

/** How long a contestant is under load in one round, and once before the first, in milliseconds. */
export interface Pace {
  readonly rounds: number;
  readonly slice: number;
  readonly warmUp: number;
}

/** V8 is done with what it makes of a server's hot path after some 100,000 requests. */
const USUAL: Pace = { rounds: 11, slice: 800, warmUp: 8_000 };

const JSON_PATH = { path: '/orders/1', expected: JSON.stringify(makeOrder('1')) };
const COMPUTE_PATH = { path: '/compute', expected: JSON.stringify({ sum: compute() }) };

/** What a TypeScript guest answers in a second, against the same handler on bare `node:http`. */
export async function benchHttp(tell: (progress: string) => void, pace = USUAL): Promise<Comparison[]> {
  tell('building the guest …');
  const component = await buildGuest(join(import.meta.dirname, 'app.ts'));
  const slight = (reuse: 'clean' | 'keep', workers: number) => {
    const slightfile = `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\nreuse = "${reuse}"\n`;
    const folder = makeFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
    return startSlight(folder, ['--workers', String(workers)]);
  };
  const servers = await Promise.all([
    slight('clean', 1),
    slight('clean', 2),
    slight('keep', 1),
    slight('keep', 2),
    startBare(1),
    startBare(2),
    startDirect(component, 'clean'),
    startDirect(component, 'kept'),
  ]);
  try {
    tell('JSON …');
    const [clean1, clean2, kept1, kept2, bare1, bare2, direct, directKept] = await raceServers(
      servers,
      JSON_PATH,
      pace,
    );
    tell('computing …');
    const [one, two] = await raceServers(servers.slice(0, 2), COMPUTE_PATH, pace);
    const rates = (name: string, ours: Timing, baseline: Timing, against: string) =>
      compare(name, ours, baseline, against, 'requests/s');
    return [
      rates('JSON, clean, 1 worker', clean1!, bare1!, 'node:http, 1 process'),
      rates('JSON, kept, 1 worker', kept1!, bare1!, 'node:http, 1 process'),
      rates('JSON, clean, 2 workers', clean2!, bare2!, 'node:http, 2 processes'),
      rates('JSON, kept, 2 workers', kept2!, bare2!, 'node:http, 2 processes'),
      rates('JSON, clean, 1 worker', clean1!, direct!, 'node:http and the guest'),
      rates('JSON, kept, 1 worker', kept1!, directKept!, 'node:http and the guest'),
      rates('1 ms of computing, clean, 2 workers', two!, one!, 'slight, 1 worker'),
    ];
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

function startDirect(component: Uint8Array, how: 'clean' | 'kept'): Promise<Server> {
  const folder = makeFolder({ 'app.wasm': component });
  return startProgram([join(import.meta.dirname, 'direct.ts'), join(folder, 'app.wasm'), how]);
}

/** Requests in a second of each server, in turns. */
async function raceServers(
  servers: readonly Server[],
  { path, expected }: typeof JSON_PATH,
  { rounds, slice, warmUp }: Pace,
): Promise<Timing[]> {
  const put = (server: Server, milliseconds: number) =>
    load(server.url + path, { connections: CONNECTIONS, milliseconds, expected });
  for (const server of servers) await put(server, warmUp);
  return await takeTurns(
    rounds,
    servers.map((server) => () => put(server, slice)),
  );
}
