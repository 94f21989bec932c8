import { groups } from './groups.ts';
import type { Outcome } from './run.ts';
import { suites } from './suites.ts';

export interface ScriptResult {
  readonly name: string;
  readonly outcomes: readonly Outcome[];
}

/** Scripts that are counted together. */
interface Part {
  readonly title: string;
  readonly has: (name: string) => boolean;
}

const synchronous: readonly Part[] = [
  ...['linking', 'resources', 'values', 'binary'].map((folder) => ({
    title: `component-model, ${folder}`,
    has: (name: string) => name.startsWith(`component-model/${folder}/`),
  })),
  {
    title: 'wasmtime, synchronous',
    has: (name) => name.startsWith('wasmtime/') && !name.startsWith('wasmtime/async/'),
  },
];

const beyond: readonly Part[] = [
  { title: 'component-model, validation', has: (name) => name.startsWith('component-model/validation/') },
  { title: 'component-model, async', has: (name) => name.startsWith('component-model/async/') },
  { title: 'wasmtime, async', has: (name) => name.startsWith('wasmtime/async/') },
];

/** Writes the page that tells what passes, and why the rest does not. @returns also the failures without a reason */
export function writeReport(results: readonly ScriptResult[]): { text: string; unexplained: string[] } {
  const unexplained: string[] = [];
  const counts = new Map(groups.map((group) => [group, 0]));
  for (const { name, outcomes } of results.filter((result) =>
    synchronous.some((part) => part.has(result.name)),
  )) {
    for (const { line, directive, failure } of outcomes) {
      if (failure === undefined) continue;
      const group = groups.find((one) => one.has(name, line, failure));
      if (group === undefined) unexplained.push(`${name}:${line}: ${directive}: ${failure}`);
      else counts.set(group, counts.get(group)! + 1);
    }
  }
  const reasons = groups.flatMap((group) => {
    const count = counts.get(group)!;
    return count === 0 ? [] : [`- **${count}**: ${group.why}`];
  });
  const sources = suites.map(
    (suite) =>
      `- ${suite.name}: [${suite.commit.slice(0, 12)}](${suite.url}/tree/${suite.commit}/${suite.folder})`,
  );
  const text = `# Conformance of the component engine

Counted by directive, by \`npm run wast -- --fetch --report\`, which writes this page. A directive passes when its outcome
and, where it names one, the text of the message are what the script wants; nothing is skipped. What passed stays passed:
\`packages/component/test/wast/baseline.json\` has every directive that fails, and a run that differs ends with an error.

The scripts are public, and no part of this repository:

${sources.join('\n')}

## Synchronous

${table(synchronous, results)}

### What fails, and why

${reasons.join('\n')}

## Beyond

What the engine does not claim, counted all the same. It is no complete validator, and the asynchronous ABI of WASI 0.3
is not there: streams, futures, waitable sets and threads link, and trap when they are called.

${table(beyond, results)}
`;
  return { text, unexplained };
}

function table(parts: readonly Part[], results: readonly ScriptResult[]): string {
  const rows = parts.map(({ title, has }) => {
    const outcomes = results.filter((result) => has(result.name)).flatMap((result) => result.outcomes);
    const passed = outcomes.filter((outcome) => outcome.failure === undefined).length;
    return [title, `${passed}`, `${outcomes.length}`];
  });
  const lines = [['scripts', 'pass', 'of'], ['---', '--:', '--:'], ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
