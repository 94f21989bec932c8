/**
 * Runs the conformance suites of all backends, and the tests of faults of those with a server, and writes what they passed to docs/backend-conformance.md:
 *
 *     npm run conformance
 *     npm run conformance -- locks     # one capability; the others' parts of the page stay
 *
 * Ends with 1 where a backend fails, or where the server of one is missing, and then leaves the page as it is.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import type { CapabilityName } from '../packages/slight/src/capabilities/core/capability.ts';
import { listBackends } from '../packages/slight/src/capabilities/core/open.ts';
import { capabilities } from '../packages/slight/src/capabilities/core/registry.ts';

const root = join(import.meta.dirname, '..');
export const page = join(root, 'docs', 'backend-conformance.md');
export const capabilityNames = (Object.keys(capabilities) as CapabilityName[]).toSorted();

/** What a suite of tests came to. */
export interface SuiteRun {
  readonly file: string;
  readonly title: string;
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  /** Why it was not run. */
  readonly skipped?: string;
}

/** What one backend passed. */
interface Row {
  readonly backend: string;
  /** 1: its suite ran on a real server, and it stood the faults of one; 2: only its suite did; 3: there is no server. */
  readonly tier: 1 | 2 | 3;
  readonly suite: string;
  readonly kept: number;
  /** Features that it does not declare: calls that need one are refused, which is checked too. */
  readonly refused: number;
}

const faults = 'packages/slight/test/faults';
const folderOf = (capability: CapabilityName) => join(root, 'packages/slight/src/capabilities', capability);
const refusal = /, which is not declared, is unsupported$/;

/** The files with the suites of a capability: those that need no server, one for each server, and those of faults. */
async function findSuites(capability: CapabilityName): Promise<string[]> {
  const folder = folderOf(capability);
  const backends = await listBackends(capability as 'keyvalue');
  const files = backends.map(({ scheme }) => join(folder, 'backends', `${scheme}.server.test.ts`));
  const troubles = globSync(`${faults}/${capability}*.server.test.ts`, { cwd: root }).toSorted();
  return [
    join(folder, 'conformance.test.ts'),
    ...files.filter((file) => existsSync(file)),
    ...troubles.map((file) => join(root, file)),
  ];
}

async function runSuites(file: string): Promise<SuiteRun[]> {
  const began = performance.now();
  const suites: SuiteRun[] = [];
  let [passed, failed]: [string[], string[]] = [[], []];
  for await (const { type, data } of run({ files: [file], timeout: 300_000 })) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const { name, nesting, skip } = data;
    if (nesting > 0) (type === 'test:pass' ? passed : failed).push(name);
    else {
      // A suite comes after its tests. It may fail by itself, where its server does not start.
      if (type === 'test:fail' && failed.length === 0) failed.push(name);
      suites.push({ file, title: name, passed, failed, ...(typeof skip === 'string' && { skipped: skip }) });
      [passed, failed] = [[], []];
    }
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  process.stderr.write(`  ${relative(root, file)}: ${seconds} s\n`);
  return suites;
}

/** The rows of a capability; suites of something else, and of backends that are made up, have none. */
export function toRows(schemes: readonly string[], suites: readonly SuiteRun[]): Row[] {
  // Whatever suite has one of these is a conformance suite.
  const checks = new Set(
    suites.filter(({ file }) => file.endsWith('/conformance.test.ts')).flatMap(({ passed }) => passed),
  );
  // Its tests are named as the suites say where they ran: `locks on NATS`.
  const stood = new Set(
    suites
      .filter(({ file }) => file.includes(`${faults}/`))
      .flatMap(({ passed }) => passed.map((name) => name.toLowerCase())),
  );
  return suites
    .filter(({ passed }) => passed.some((name) => checks.has(name)))
    .flatMap(({ file, title, passed }): Row[] => {
      const server = /([\w-]+)\.server\.test\.ts$/.exec(file)?.[1];
      const backend = server ?? title.split(/\W+/).find((word) => schemes.includes(word));
      if (backend === undefined) return [];
      const refused = passed.filter((name) => refusal.test(name)).length;
      const place = title.replace(/^.* (on|in) /, '').toLowerCase();
      const tier = server === undefined ? 3 : stood.has(place) ? 1 : 2;
      return [{ backend, tier, suite: title, kept: passed.length - refused, refused }];
    });
}

function writeSection(capability: CapabilityName, rows: readonly Row[]): string {
  const table = (tier: Row['tier'], title: string): string[] => {
    const own = rows.filter((row) => row.tier === tier);
    if (own.length === 0) return [];
    return [
      title,
      '',
      '| backend | suite | passed | not declared |',
      '|---|---|--:|--:|',
      ...own.map(
        ({ backend, suite, kept, refused }) => `| \`${backend}\` | ${suite} | ${kept} | ${refused} |`,
      ),
      '',
    ];
  };
  return [
    `## [${capability}]`,
    '',
    ...table(1, 'Tier 1, a real server and its faults:'),
    ...table(2, 'Tier 2, a real server:'),
    ...table(3, 'Without a server:'),
  ].join('\n');
}

const head = `# Conformance of backends

Written by \`npm run conformance\`, from runs of the suites. Each promise of a contract is a check; a backend is in this page when
it failed none.

- **passed**: promises that were checked and kept.
- **not declared**: features that calls need and the backend does not have. Such calls are refused, which was checked as well.
- **Tier 2** are backends whose suite ran on a real server, started for it, killed without warning and started again.
- **Tier 1** stood faults as well, while several processes worked: the server was killed and came back, was silent for five seconds, the
  link of one process was cut. What was acknowledged was kept, no failure lied about its outcome, nothing hung, all went on.
  [Faults](decisions/faults.md) says what was checked of each capability.

The engine has [a page of its own](conformance.md).
`;

/** The page's sections by their capability. */
export function readSections(text: string): Map<string, string> {
  const sections = text.split(/^(?=## \[)/m).slice(1);
  return new Map(sections.map((section) => [/^## \[(\w+)\]/.exec(section)![1]!, section]));
}

if (import.meta.main) {
  const named = process.argv.slice(2);
  const wanted = capabilityNames.filter((name) => named.length === 0 || named.includes(name));
  const sections = readSections(existsSync(page) ? readFileSync(page, 'utf8') : '');
  for (const capability of wanted) {
    process.stderr.write(`${capability} …\n`);
    const files = Map.groupBy(await findSuites(capability), (file) => file.includes(`${faults}/`));
    const suites = (await Promise.all((files.get(false) ?? []).map(runSuites))).flat();
    // By themselves: they break several servers at once already.
    for (const file of files.get(true) ?? []) suites.push(...(await runSuites(file)));
    for (const { title, failed, skipped } of suites) {
      if (failed.length > 0) process.stderr.write(`  ${title}: failed: ${failed.join('; ')}\n`);
      if (skipped !== undefined) process.stderr.write(`  ${title}: not run: ${skipped}\n`);
      if (failed.length > 0 || skipped !== undefined) process.exitCode = 1;
    }
    const schemes = (await listBackends(capability as 'keyvalue')).map(({ scheme }) => scheme);
    const section = writeSection(capability, toRows(schemes, suites));
    sections.set(capability, section);
    process.stdout.write(`${section}\n`);
  }
  if (process.exitCode === undefined) {
    const parts = capabilityNames.flatMap((name) => sections.get(name) ?? []);
    writeFileSync(page, `${[head, ...parts.map((part) => `${part.trimEnd()}\n`)].join('\n')}`);
  }
}
