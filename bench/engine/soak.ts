/**
 * What a million calls leave behind: `npm run soak`, or `npm run soak -- 10` for a tenth of it. Each part runs in a process
 * of its own, and prints what of its resident memory or its addresses grew.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { readWear } from '@spiderlightning/component';
import { cancel, come, keepCalling, overlap } from './lives.ts';
import { collect, residentBytes } from './resident.ts';

/** Parts of the work after which memory is looked at. */
const LOOKS = 10;

interface Part {
  readonly count: number;
  readonly work: (count: number) => Promise<void>;
  readonly flags?: readonly string[];
}

const PARTS: Readonly<Record<string, Part>> = {
  calls: { count: 1_000_000, work: keepCalling },
  instances: { count: 1_000_000, work: come },
  cancelled: { count: 1_000_000, work: cancel },
  overlapping: { count: 1_000_000, work: overlap },
  'overlapping-small': { count: 1_000_000, work: overlap, flags: ['--wasm-stack-switching-stack-size=128'] },
};

/**
 * V8 makes its heap larger for a while, and keeps it so: half of the work goes before.
 * @returns resident bytes before the work and after each tenth of it, and bytes of addresses that it took altogether
 */
export async function soak(name: string, count: number): Promise<{ resident: number[]; addresses: number }> {
  const { work } = PARTS[name]!;
  await work(Math.ceil(count / 2));
  const resident: number[] = [];
  let addresses = 0;
  for (let look = 0; look <= LOOKS; look++) {
    if (look > 0) await work(Math.ceil(count / LOOKS));
    await collect();
    resident.push(residentBytes());
    const { used } = readWear(1).addresses;
    if (look === 0) addresses = -used;
    if (look === LOOKS) addresses += used;
  }
  return { resident, addresses };
}

/** Bytes by which the second half of the looks lies above the first, for one look: single ones jump. */
export function growthOf(values: readonly number[]): number {
  const half = Math.floor(values.length / 2);
  const mean = (some: readonly number[]) => some.reduce((sum, value) => sum + value, 0) / some.length;
  return (mean(values.slice(-half)) - mean(values.slice(0, half))) / (values.length - half);
}

async function runAll(share: number): Promise<void> {
  for (const [name, { count, flags = [] }] of Object.entries(PARTS)) {
    const work = count / share;
    const program = [...flags, import.meta.filename, '--part', name, String(work)];
    const { stdout } = await promisify(execFile)(process.execPath, program);
    const { resident, addresses } = JSON.parse(stdout) as Awaited<ReturnType<typeof soak>>;
    const megabytes = (bytes: number) => (bytes / 1e6).toFixed(2);
    const growth = (growthOf(resident) / (work / LOOKS)) * 100_000;
    console.log(
      `${name}: ${work}, resident ${resident.map(megabytes).join(' ')} MB, ` +
        `${megabytes(growth)} MB in 100,000; addresses ${(addresses / work / 1024).toFixed(2)} KiB each`,
    );
  }
}

if (import.meta.main) {
  const [option, name, count] = process.argv.slice(2);
  if (option === '--part') console.log(JSON.stringify(await soak(name!, Number(count))));
  else await runAll(Number(option ?? 1));
}
