/**
 * Runs the tests: `npm test` those that need no server, `npm run test:servers` those that start real ones. What follows
 * `--` goes to the runner; files or globs among it take the place of all tests.
 *
 *     npm test -- packages/slight/src/slightfile/*.test.ts
 *     npm test -- --test-name-pattern=overlay
 */
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
const places = ['packages/*/src/**', 'packages/*/test/**', 'test/**', 'examples/*/**', 'bench/**'];

const args = process.argv.slice(2);
const servers = args.includes('--servers');
const rest = args.filter((arg) => arg !== '--servers');
const named = rest.filter((arg) => !arg.startsWith('-'));
const files = globSync(named.length > 0 ? named : places.map((place) => `${place}/*.test.ts`), {
  cwd: root,
  exclude: (path) => path.includes('node_modules') || path.includes('dist/'),
})
  .filter((file) => named.length > 0 || file.endsWith('.server.test.ts') === servers)
  .toSorted();

if (files.length === 0) {
  process.stderr.write(`no test file fits ${(named.length > 0 ? named : places).join(' ')}\n`);
  process.exit(1);
}

// What Node compiles of the sources, and slight of apps, is kept for all files, whose processes would each do it anew. It is
// kept for this run alone: nothing stale is found, and what a run leaves behind is no part of the next.
const caches = mkdtempSync(join(tmpdir(), 'slight-tests-'));
process.on('exit', () => rmSync(caches, { recursive: true, force: true, maxRetries: 3 }));

const runner = spawn(
  process.execPath,
  [
    '--test',
    // One more file at a time than there are cores, for most wait now and then; servers are there beside the tests. The
    // runner by itself would leave a core idle.
    `--test-concurrency=${availableParallelism() + (servers ? 0 : 1)}`,
    // A test that hangs is ended, and a file that does not end after its tests: the others are still told of.
    '--test-timeout=120000',
    `--import=${pathToFileURL(join(import.meta.dirname, 'end-leaks.ts')).href}`,
    `--test-reporter=${join(import.meta.dirname, 'reporter.ts')}`,
    '--test-reporter-destination=stdout',
    ...rest.filter((arg) => arg.startsWith('-')),
    ...files,
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NODE_COMPILE_CACHE: join(caches, 'tests'), SLIGHT_TEST_CACHES: caches },
  },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.kill(signal));
runner.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
