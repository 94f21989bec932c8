/**
 * Breaks components and sees what the engine makes of them, as long as wanted:
 *
 *     npx node packages/component/test/fuzz/main.ts [--seed FIRST] [--count MUTANTS]
 *
 * Prints the seeds of findings; `--seed N --count 1` has one again.
 */
import { parseArgs } from 'node:util';
import { tryMutants } from './run.ts';
import { loadSubjects } from './subjects.ts';

const { values } = parseArgs({ options: { seed: { type: 'string' }, count: { type: 'string' } } });
const first = Number(values.seed ?? Date.now() % 2 ** 31);
const count = Number(values.count ?? 100_000);
const block = 2_000;

const subjects = await loadSubjects();
console.log(`${count} mutants from seed ${first}, of ${subjects.map(({ name }) => name).join(', ')}`);
for (let done = 0; done < count; done += block) {
  const from = first + done;
  const { fates, findings, slowest } = await tryMutants(
    subjects,
    from,
    Math.min(block, count - done),
    Infinity,
  );
  const told = Object.entries(fates).map(([fate, times]) => `${fate} ${times}`);
  const resident = Math.round(process.memoryUsage.rss() / 2 ** 20);
  console.log(
    `from ${from}: ${told.join(', ')}; slowest ${slowest.seed}: ${Math.round(slowest.time)} ms; ${resident} MiB`,
  );
  for (const { seed, subject, problem } of findings) console.log(`FINDING ${seed} (${subject}): ${problem}`);
  if (findings.length > 0) process.exitCode = 1;
}
