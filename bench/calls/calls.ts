import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assemble } from '../../test/guests/wat.ts';
import { race } from '../measure.ts';
import { type Comparison, compare } from '../report.ts';
import { type Runs, VALUE } from './host.ts';
import { loadJco } from './jco.ts';
import { loadOurs } from './ours.ts';
import { loadRaw } from './raw.ts';

const SITUATIONS = [
  { when: 'answered at once', mode: 'sync' },
  { when: 'suspended', mode: 'jspi' },
] as const;

/** What the guest's work must come to for a number of calls: everyone has to have done it. */
const EXPECTED = { get: (count: number) => count * VALUE.length, add: (count: number) => count * 3 };

/** The cost of one call from a guest to its host: ours against the same by hand, and against jco. */
export async function benchCalls(tell: (progress: string) => void): Promise<Comparison[]> {
  const component = await assemble(await readFile(join(import.meta.dirname, 'calls.wat'), 'utf8'));
  const comparisons: Comparison[] = [];
  for (const { when, mode } of SITUATIONS) {
    const field: { name: string; runs: Runs }[] = [
      { name: 'ours', runs: await loadOurs(component, mode) },
      { name: 'raw core import', runs: await loadRaw(component, mode) },
      { name: 'jco 1.35.0', runs: await loadJco(component, mode, tell) },
    ];
    for (const work of ['get', 'add'] as const) {
      tell(`${work}, ${when} …`);
      for (const { name, runs } of field) {
        const result = await runs[work](1000);
        if (result !== EXPECTED[work](1000)) throw new Error(`${name}: 1,000 × ${work} came to ${result}`);
      }
      const [ours, ...baselines] = await race(
        field.map(({ name, runs }) => ({ name, run: (count: number) => runs[work](count) })),
      );
      baselines.forEach((baseline, index) => {
        comparisons.push(compare(`${work}, ${when}`, ours!, baseline, field[index + 1]!.name));
      });
    }
  }
  return comparisons;
}
