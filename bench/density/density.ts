import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { load } from '../http/load.ts';
import { makeOrder } from '../http/work.js';
import { takeTurns } from '../measure.ts';
import { type Comparison, compare } from '../report.ts';
import { buildGuest, findWorker, makeFolder, startBare, startSlight } from '../server.ts';

/** Rounds, and instances that are measured together. */
const USUAL = { rounds: 5, instances: 128 };
/** How long each instance is kept busy, in milliseconds: all of them have to be so at the same time. */
const BUSY = 2_000;
/** Long enough that instances are put back, and memory that nobody uses any more is given back. */
const SETTLE = 1_500;

/** How many instances of an app fit into a GiB, each after a request, against processes of bare `node:http`. */
export async function benchDensity(
  tell: (progress: string) => void,
  { rounds, instances } = USUAL,
): Promise<Comparison[]> {
  if (process.platform !== 'linux') {
    tell('nothing is measured: memory is read from /proc, which only Linux has');
    return [];
  }
  tell('building the guest …');
  const component = await buildGuest(join(import.meta.dirname, '../http/app.ts'));
  const folderFor = (reuse: 'clean' | 'keep') =>
    makeFolder({
      'app.wasm': component,
      'slightfile.toml':
        `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\nreuse = "${reuse}"\n` +
        `[limits]\ninstances = ${instances}\nqueue = ${instances}\n`,
    });
  const [cleanFolder, keptFolder] = [folderFor('clean'), folderFor('keep')];
  tell(`${rounds} rounds with ${instances} instances …`);
  const [clean, kept, bare] = await takeTurns(rounds, [
    () => countInstances(cleanFolder, instances),
    () => countInstances(keptFolder, instances),
    countProcesses,
  ]);
  const against = 'processes of node:http';
  return [
    compare('instances, clean', clean!, bare!, against, 'instances/GiB'),
    compare('instances, kept', kept!, bare!, against, 'instances/GiB'),
  ];
}

/** What each instance beyond the first adds to its worker, with all of them busy at once and idle again. */
async function countInstances(folder: string, instances: number): Promise<number> {
  const server = await startSlight(folder);
  try {
    const worker = findWorker(server);
    await askOnce(server.url);
    await sleep(SETTLE);
    const one = ownMemory(worker);
    await Promise.all(Array.from({ length: instances }, () => wait(server.url)));
    await sleep(SETTLE);
    return 2 ** 30 / ((ownMemory(worker) - one) / (instances - 1));
  } finally {
    await server.stop();
  }
}

/** The same density for processes, each of which has answered a request. */
async function countProcesses(): Promise<number> {
  const server = await startBare(1);
  try {
    await askOnce(server.url);
    await sleep(SETTLE);
    return 2 ** 30 / ownMemory(server.pid);
  } finally {
    await server.stop();
  }
}

async function askOnce(url: string): Promise<void> {
  const expected = JSON.stringify(makeOrder('1'));
  await load(`${url}/orders/1`, { connections: 1, milliseconds: 0, expected });
}

async function wait(url: string): Promise<void> {
  const answer = await fetch(`${url}/wait/${BUSY}`);
  if (answer.status !== 200) throw new Error(`the server answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

/** Resident bytes that a process shares with no other: those would be there once, however many processes there are. */
function ownMemory(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const sum = [...text.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm)].reduce(
    (total, [, kibibytes]) => total + Number(kibibytes),
    0,
  );
  return sum * 1024;
}
