import type { Comparison } from '../report.ts';
import { boundBy } from './bound.ts';
import { buildGuest, type GuestName, HANDLE, REQUEST, start } from './guests.ts';

const PAIRS = 30;
/** Milliseconds of one sample, at least. */
const SAMPLE = 40;

/**
 * What limits cost on real guests: 30 pairs of the same work with and without them, one right after the other, in CPU time
 * of the thread: what else the machine does takes that away from neither. The figure is the median of the ratios in pairs, and beside it the interval in which the true one lies 19 times of 20.
 */
export async function benchLimits(tell: (progress: string) => void): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const guest of ['QuickJS', 'StarlingMonkey'] as const) {
    const bytes = await buildGuest(guest, tell);
    for (const work of ['fib', 'churn', 'request'] as const) {
      tell(`${PAIRS} pairs with and without limits: ${work} of ${guest} …`);
      comparisons.push(await compareLimits(bytes, guest, work));
    }
  }
  return comparisons;
}

async function compareLimits(
  bytes: Uint8Array,
  guest: GuestName,
  work: 'fib' | 'churn' | 'request',
): Promise<Comparison> {
  const sides = await Promise.all(
    [true, false].map(async (limits) => {
      const { instance } = await start(bytes, false, { limits });
      const call = instance.bind(work === 'request' ? HANDLE : work);
      const args = [work === 'request' ? REQUEST : work === 'fib' ? 16 : 2];
      const options = limits ? { cpu: 10_000, deadline: 10_000 } : {};
      return async (count: number) => {
        const start = cpuTime();
        for (let i = 0; i < count; i++) await call(args, options);
        return cpuTime() - start;
      };
    }),
  );
  const [limited, free] = sides as [(typeof sides)[0], (typeof sides)[0]];
  let count = 1;
  while ((await limited(count)) < SAMPLE || (await free(count)) < SAMPLE / 2) count *= 2;
  const ratios: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const first = pair % 2 === 0;
    const one = await (first ? limited : free)(count);
    const other = await (first ? free : limited)(count);
    ratios.push(first ? one / other : other / one);
  }
  ratios.sort((one, other) => one - other);
  // Of 30 values the 10th and the 21st bound the median with 95 % confidence.
  const timing = { median: (ratios[14]! + ratios[15]!) / 2, quartiles: [ratios[9]!, ratios[20]!] as const };
  return boundBy(`time with limits, ${work} of ${guest}`, timing, 1.05, 'of that without');
}

const nobody = new Int32Array(new SharedArrayBuffer(4));

/**
 * Milliseconds of CPU that this thread has used. Linux brings the time of a thread that runs up to date at its ticks of
 * some milliseconds, which is a tenth of a sample, and exactly where a thread gives its processor away: so it sleeps first.
 */
function cpuTime(): number {
  Atomics.wait(nobody, 0, 0, 0.01);
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
