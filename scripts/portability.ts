/**
 * Shows that one binary runs everywhere: `npm run portability` builds examples/orders once and runs its scenario on every
 * key-value backend, then examples/work-queue on every pair of messaging and locks, and prints what came of it.
 *
 *     npm run portability -- redis sqlite    # these backends only, and pairs of them
 *     npm run portability -- --json          # one array instead of tables
 *
 * Ends with 1 where a backend fails.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, startSlight } from '../bench/server.ts';
import * as ordersScenario from '../examples/orders/scenario.ts';
import * as workScenario from '../examples/work-queue/scenario.ts';
import { listBackends } from '../packages/slight/src/capabilities/core/open.ts';
import { buildComponent } from '@spiderlightning/build';
import { openPlaces } from './places.ts';
import type { Places } from './places.ts';
import { alignColumns } from './table.ts';

export interface PortabilityRow {
  readonly app: 'orders' | 'work-queue';
  /** One of key-value, or messaging and locks. */
  readonly backends: readonly string[];
  /** What differs in the slightfile, without credentials: one line for each backend. */
  readonly lines: readonly string[];
  readonly sha256: string;
  /** `passed`, or what went wrong; where it was not run, why. */
  readonly scenario: string;
  /** Whether all of it was there after the host was started again. A backend that keeps nothing says so. */
  readonly restart: string;
}

export interface PortabilityOptions {
  /** Backends; all without them. */
  readonly only?: readonly string[];
  readonly apps?: readonly PortabilityRow['app'][];
}

type Outcome = Pick<PortabilityRow, 'scenario' | 'restart'>;

/** Lines of a slightfile, each with what takes its place. */
type Changes = readonly (readonly [from: string, to: string])[];

const isDurable = (features: ReadonlySet<string>) =>
  features.has('durable') || features.has('durable-server');

/** Runs the scenarios on every backend that there is, each with the bytes of one component. */
export async function runPortability(
  tell: (progress: string) => void,
  { only = [], apps = ['orders', 'work-queue'] }: PortabilityOptions = {},
): Promise<PortabilityRow[]> {
  const places = openPlaces();
  const wanted = (scheme: string) => only.length === 0 || only.includes(scheme);
  try {
    const rows: PortabilityRow[] = [];
    if (apps.includes('orders')) rows.push(...(await runOrders(tell, places, wanted)));
    if (apps.includes('work-queue')) rows.push(...(await runWorkQueue(tell, places, wanted)));
    return rows;
  } finally {
    await places.stop();
  }
}

type Run = (
  tell: (text: string) => void,
  places: Places,
  wanted: (scheme: string) => boolean,
) => Promise<PortabilityRow[]>;

const runOrders: Run = async (tell, places, wanted) => {
  const layOut = await buildApp('orders', tell);
  const rows: PortabilityRow[] = [];
  for (const { scheme, features } of await listBackends('keyvalue')) {
    if (!wanted(scheme)) continue;
    const missing = places.missing(scheme);
    if (missing !== false) {
      rows.push(leaveOut('orders', [scheme], missing));
      continue;
    }
    tell(`orders on ${scheme} …`);
    const to = `orders = ${JSON.stringify(await places.bind(scheme))}`;
    const { folder, sha256 } = await layOut([['orders = "sqlite"', to]]);
    const outcome = await tryOrders(folder, isDurable(features));
    rows.push({ app: 'orders', backends: [scheme], lines: [hideLogin(to)], sha256, ...outcome });
  }
  return rows;
};

const runWorkQueue: Run = async (tell, places, wanted) => {
  const layOut = await buildApp('work-queue', tell);
  const rows: PortabilityRow[] = [];
  for (const messaging of await listBackends('messaging'))
    for (const locks of await listBackends('locks')) {
      const backends = [messaging.scheme, locks.scheme];
      if (!backends.every(wanted)) continue;
      const missing =
        backends.map((scheme) => places.missing(scheme)).find((reason) => reason !== false) ??
        lackOf(messaging.features);
      if (missing !== undefined) {
        rows.push(leaveOut('work-queue', backends, missing));
        continue;
      }
      tell(`work-queue on ${backends.join(' × ')} …`);
      const bind = JSON.stringify(await places.bind(messaging.scheme));
      // What the app needs stays in its line; messages in memory cannot outlive the host, so there it needs less.
      const durable = isDurable(messaging.features) ? ', durable = true' : '';
      const work = `work = { bind = ${bind}, queue = true${durable},`;
      const leader =
        locks.scheme === 'keyvalue'
          ? 'leader = { bind = "keyvalue", store = "jobs" }'
          : `leader = ${JSON.stringify(await places.bind(locks.scheme))}`;
      const { folder, sha256 } = await layOut([
        ['work = { bind = "sqlite", queue = true, durable = true,', work],
        ['leader = "sqlite"', leader],
      ]);
      const ran = await attempt(folder, (url) => workScenario.runScenario(url));
      const scenario = 'failure' in ran ? ran.failure : 'passed';
      const lines = [`${hideLogin(work)} … }`, hideLogin(leader)];
      rows.push({ app: 'work-queue', backends, lines, sha256, scenario, restart: 'not tried' });
    }
  return rows;
};

function lackOf(features: ReadonlySet<string>): string | undefined {
  const lacks = ['groups', 'publish-once'].filter((feature) => !features.has(feature));
  return lacks.length === 0 ? undefined : `the app needs ${lacks.join(' and ')}`;
}

function leaveOut(app: PortabilityRow['app'], backends: readonly string[], why: string): PortabilityRow {
  const skipped = `not run: ${why}`;
  return { app, backends, lines: [], sha256: '', scenario: skipped, restart: skipped };
}

const hideLogin = (line: string): string => line.replace(/\/\/[^@/"]*@/, '//***@');

/** Builds an example, once. What it gives lays the component out in a new folder, with a slightfile that differs. */
async function buildApp(app: PortabilityRow['app'], tell: (progress: string) => void) {
  tell(`building examples/${app} …`);
  const from = join(import.meta.dirname, '../examples', app);
  const { component } = await buildComponent({ entry: join(from, 'src/app.ts') });
  const original = await readFile(join(from, 'slightfile.toml'), 'utf8');
  return async (changes: Changes) => {
    let slightfile = original;
    for (const [line, to] of changes) {
      if (!slightfile.includes(line)) throw new Error(`examples/${app}/slightfile.toml has no line ${line}`);
      slightfile = slightfile.replace(line, () => to);
    }
    const path = `dist/${app}.wasm`;
    const folder = makeFolder({ 'slightfile.toml': slightfile, [path]: component });
    const bytes = await readFile(join(folder, path));
    return { folder, sha256: createHash('sha256').update(bytes).digest('hex') };
  };
}

async function tryOrders(folder: string, durable: boolean): Promise<Outcome> {
  const ran = await attempt(folder, (url) => ordersScenario.runScenario(url));
  if ('failure' in ran) return { scenario: ran.failure, restart: 'not run' };
  if (!durable) return { scenario: 'passed', restart: 'keeps nothing, and says so' };
  const kept = await attempt(folder, (url) => ordersScenario.verifyAfterRestart(url, ran.value));
  return { scenario: 'passed', restart: 'failure' in kept ? kept.failure : 'all there' };
}

/** Serves the app meanwhile. */
async function attempt<T>(
  folder: string,
  work: (url: string) => Promise<T>,
): Promise<{ value: T } | { failure: string }> {
  try {
    const server = await startSlight(folder);
    try {
      return { value: await work(server.url) };
    } finally {
      await server.stop();
    }
  } catch (error) {
    return { failure: `failed: ${(error instanceof Error ? error.message : String(error)).split('\n')[0]}` };
  }
}

/** What a person reads: a table for each app. */
function toTables(rows: readonly PortabilityRow[]): string {
  const orders = ['key-value', 'the one line', 'binary (sha256)', 'scenario', 'after a restart'];
  const work = ['messaging × locks', 'the two lines', 'binary (sha256)', 'scenario'];
  return [toTable('orders', orders, rows), toTable('work-queue', work, rows)].filter(Boolean).join('\n\n');
}

function toTable(
  app: PortabilityRow['app'],
  head: readonly string[],
  rows: readonly PortabilityRow[],
): string {
  const lines = rows
    .filter((row) => row.app === app)
    .map(({ backends, lines: changed, sha256, scenario, restart }) =>
      [backends.join(' × '), changed.join('  '), sha256.slice(0, 16), scenario, restart].slice(
        0,
        head.length,
      ),
    );
  return lines.length === 0 ? '' : `examples/${app}\n${alignColumns([head, ...lines])}`;
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  const only = args.filter((arg) => !arg.startsWith('-'));
  const rows = await runPortability((progress) => void process.stderr.write(`${progress}\n`), { only });
  process.stdout.write(`${args.includes('--json') ? JSON.stringify(rows, null, 2) : toTables(rows)}\n`);
  if (rows.some((row) => [row.scenario, row.restart].some((text) => text.startsWith('failed'))))
    process.exitCode = 1;
}
