/**
 * Instances that were put back: how long it takes, and what each of them keeps in memory. Run as a program, with the file
 * of a component, how many instances and what to do, it prints figures as JSON: memory is that of a process.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { compile, isTrap } from '@spiderlightning/component';
import type { Instance } from '@spiderlightning/component';
import type { Comparison } from '../report.ts';
import { boundBy, summarize } from './bound.ts';
import { buildGuest, HANDLE, REQUEST, serve } from './guests.ts';
import { collect, residentBytes } from './resident.ts';

interface Figures {
  /** Milliseconds of one restore after one request. */
  readonly restore: number;
  /** Bytes. */
  readonly resident: number;
  /** What was left of 20 instances that took all memory up to 64 MiB, in bytes. */
  readonly hoarded: number;
}

/** 64 MiB. */
const MOST_MEMORY = 2 ** 26;
const ROUNDS = 5;
/** The most that each may take. For StarlingMonkey nothing was asked: the figures are those of a pool that fits a host. */
const GUESTS = [
  { guest: 'QuickJS', count: 64, restore: 0.25, resident: 2.2 },
  { guest: 'StarlingMonkey', count: 16, restore: 1.3, resident: 9 },
] as const;

export async function benchInstances(tell: (progress: string) => void): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'bench-engine-'));
  try {
    for (const { guest, count, restore, resident } of GUESTS) {
      const file = join(folder, `${guest}.wasm`);
      await writeFile(file, await buildGuest(guest, tell));
      tell(`${ROUNDS} × ${count} instances of ${guest}, used and put back …`);
      const rounds: Figures[] = [];
      for (let round = 0; round < ROUNDS; round++) rounds.push(await measureApart(file, count));
      const of = (figure: keyof Figures, scale = 1) => summarize(rounds.map((each) => each[figure] / scale));
      comparisons.push(
        boundBy(`restore of ${guest}`, of('restore'), restore, 'ms'),
        boundBy(`resident in a pool, each of ${guest}`, of('resident', 1e6), resident, 'MB'),
        boundBy(`left of 20 that took 64 MiB, ${guest}`, of('hoarded', 1e6), 16, 'MB'),
      );
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return comparisons;
}

async function measureApart(file: string, count: number): Promise<Figures> {
  const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, file, String(count)]);
  return JSON.parse(stdout) as Figures;
}

async function measure(file: string, count: number): Promise<Figures> {
  const component = await compile(await readFile(file), { restorable: true });
  const make = async () => {
    const instance = await component.instantiate(serve(false), { restorable: true, memory: MOST_MEMORY });
    return { instance, handle: instance.bind(HANDLE) };
  };
  const use = async ({ instance, handle }: Awaited<ReturnType<typeof make>>): Promise<number> => {
    await handle([REQUEST]);
    const start = performance.now();
    if (!(await instance.restore())) throw new Error(`not put back: ${instance.unrestorable ?? 'it grew'}`);
    return performance.now() - start;
  };
  const first = await make();
  for (let i = 0; i < 200; i++) await use(first);
  await collect();
  const before = residentBytes();
  const pool = await Promise.all(Array.from({ length: count }, make));
  for (const each of pool) await use(each);
  await collect();
  const resident = (residentBytes() - before) / count;

  const times: number[] = [];
  for (let i = 0; i < count * 10; i++) times.push(await use(pool[i % count]!));
  const hoarded = await hoard(make);
  return { restore: summarize(times).median, resident, hoarded };
}

async function hoard(make: () => Promise<{ instance: Instance }>): Promise<number> {
  await collect();
  const before = residentBytes();
  for (let i = 0; i < 20; i++) await hoardOnce(make);
  await collect();
  await sleep(100);
  await collect();
  return residentBytes() - before;
}

/** In a function of its own: what it made is nobody's when it returns. */
async function hoardOnce(make: () => Promise<{ instance: Instance }>): Promise<void> {
  const { instance } = await make();
  const taken: any = await instance.call('hoard', [], { cpu: 60_000 }).catch((error: unknown) => error);
  // Where there was no memory left for the error itself, it is a trap.
  if (typeof taken === 'number' ? taken * 65_536 > MOST_MEMORY : !isTrap(taken)) throw taken;
  instance.dispose();
}

if (import.meta.main) {
  console.log(JSON.stringify(await measure(process.argv[2]!, Number(process.argv[3]))));
}
