/**
 * Runs the public test scripts of the Component Model, and compares with what is recorded.
 *
 *     npm run wast -- --fetch               clones the scripts into the user's cache, at the commits in suites.ts
 *     npm run wast -- --dir <folder>        takes them from <folder>/component-model and <folder>/wasmtime
 *     npm run wast -- --dir <folder> values/strings        only the scripts with that in their name, failures told
 *
 * `--update` records what came out, `--report` writes docs/conformance.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compare, readBaseline, summarise, writeBaseline } from './baseline.ts';
import { writeReport } from './report.ts';
import type { ScriptResult } from './report.ts';
import { runScript } from './run.ts';
import { cacheFolder, fetchSuite, listScripts, suites } from './suites.ts';
import { createTestHost } from './test-host.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    fetch: { type: 'boolean', default: false },
    dir: { type: 'string' },
    update: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
  },
});
if (values.fetch === (values.dir !== undefined)) {
  process.stderr.write('Say where the scripts come from: --fetch, or --dir <folder>.\n');
  process.exit(2);
}

const results: ScriptResult[] = [];
for (const suite of suites) {
  const folder = values.dir === undefined ? fetchSuite(suite, cacheFolder()) : join(values.dir, suite.name);
  for (const { name, path } of listScripts(suite.name, folder)) {
    if (positionals.length > 0 && !positionals.some((part) => name.includes(part))) continue;
    const host = suite.name === 'wasmtime' ? await createTestHost() : {};
    results.push({ name, outcomes: await runScript(readFileSync(path, 'utf8'), host) });
  }
}
if (results.length === 0) {
  process.stderr.write('There are no scripts of that name.\n');
  process.exit(2);
}

for (const { name, outcomes } of results) {
  const failing = outcomes.filter((outcome) => outcome.failure !== undefined);
  process.stdout.write(`${name} ${outcomes.length - failing.length}/${outcomes.length}\n`);
  if (positionals.length === 0) continue;
  for (const { line, directive, failure } of failing)
    process.stdout.write(`  ${line} ${directive}: ${failure}\n`);
}

if (values.update) {
  const before = positionals.length === 0 ? {} : readBaseline();
  const now = results.map(({ name, outcomes }) => [name, summarise(outcomes)] as const);
  writeBaseline({ ...before, ...Object.fromEntries(now) });
}
const baseline = readBaseline();
const differences = results.flatMap(({ name, outcomes }) => compare(name, baseline[name], outcomes));
for (const difference of differences) process.stderr.write(`${difference}\n`);
if (values.report) {
  const { text, unexplained } = writeReport(results);
  writeFileSync(join(import.meta.dirname, '../../../../docs/conformance.md'), text);
  for (const failure of unexplained) process.stderr.write(`not explained: ${failure}\n`);
  if (unexplained.length > 0) process.exitCode = 1;
}
if (differences.length > 0) process.exitCode = 1;
// Calls that were given up may still hold the process.
process.exit();
