/**
 * Shows that one binary runs everywhere: `npm run portability` builds examples/orders once, runs its scenario on every
 * key-value backend, and prints what came of it. `--json` prints one array instead. Ends with 1 where a backend fails.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, startSlight } from '../bench/server.ts';
import { runScenario, verifyAfterRestart } from '../examples/orders/scenario.ts';
import { listBackends } from '../packages/slight/src/capabilities/core/open.ts';
import { buildComponent } from '@spiderlightning/build';
import { redisMissing, startRedis } from '../test/servers/redis.ts';
import { alignColumns } from './table.ts';

export interface PortabilityRow {
  readonly backend: string;
  /** The one line of the slightfile. */
  readonly line: string;
  readonly sha256: string;
  /** `passed`, or what went wrong; where it was not run, why. */
  readonly scenario: string;
  /** Whether all of it was there after the host was started again. A backend that keeps nothing says so. */
  readonly restart: string;
}

/** A place to run on, as long as it is needed. */
interface Place {
  readonly bind: string;
  stop?(): Promise<void>;
}

const places: { readonly [scheme: string]: { readonly missing: string | false; open(): Promise<Place> } } = {
  memory: { missing: false, open: async () => ({ bind: 'memory' }) },
  sqlite: { missing: false, open: async () => ({ bind: 'sqlite' }) },
  filesystem: { missing: false, open: async () => ({ bind: 'filesystem' }) },
  redis: {
    missing: redisMissing,
    open: async () => {
      const server = await startRedis();
      return { bind: server.url, stop: () => server.stop() };
    },
  },
};

const orders = join(import.meta.dirname, '../examples/orders');
const base = 'orders = "sqlite"';

/** Runs the scenario on every key-value backend that there is, with the bytes of one component. */
export async function runPortability(tell: (progress: string) => void): Promise<PortabilityRow[]> {
  tell('building examples/orders …');
  const { component } = await buildComponent({ entry: join(orders, 'src/app.ts') });
  const slightfile = await readFile(join(orders, 'slightfile.toml'), 'utf8');
  if (!slightfile.includes(base)) throw new Error(`examples/orders/slightfile.toml has no line ${base}`);
  const rows: PortabilityRow[] = [];
  for (const { scheme, features } of await listBackends('keyvalue')) {
    const place = places[scheme];
    const missing = place === undefined ? 'this script knows no place for it' : place.missing;
    if (place === undefined || missing !== false) {
      const skipped = `not run: ${missing}`;
      rows.push({ backend: scheme, line: '', sha256: '', scenario: skipped, restart: skipped });
      continue;
    }
    tell(`${scheme} …`);
    const { bind, stop } = await place.open();
    try {
      const line = `orders = ${JSON.stringify(bind)}`;
      const folder = makeFolder({
        'slightfile.toml': slightfile.replace(base, line),
        'dist/orders.wasm': component,
      });
      const outcome = await runOn(folder, features.has('durable') || features.has('durable-server'));
      const bytes = await readFile(join(folder, 'dist/orders.wasm'));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      rows.push({ backend: scheme, line, sha256, ...outcome });
    } finally {
      await stop?.();
    }
  }
  return rows;
}

async function runOn(
  folder: string,
  durable: boolean,
): Promise<Pick<PortabilityRow, 'scenario' | 'restart'>> {
  const first = await startSlight(folder);
  const ran = await attempt(() => runScenario(first.url), first.stop);
  if ('failure' in ran) return { scenario: ran.failure, restart: 'not run' };
  if (!durable) return { scenario: 'passed', restart: 'keeps nothing, and says so' };
  const second = await startSlight(folder);
  const kept = await attempt(() => verifyAfterRestart(second.url, ran.value), second.stop);
  return { scenario: 'passed', restart: 'failure' in kept ? kept.failure : 'all there' };
}

async function attempt<T>(
  work: () => Promise<T>,
  after: () => Promise<void>,
): Promise<{ value: T } | { failure: string }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { failure: `failed: ${(error instanceof Error ? error.message : String(error)).split('\n')[0]}` };
  } finally {
    await after();
  }
}

/** What a person reads. */
function toTable(rows: readonly PortabilityRow[]): string {
  const lines = [
    ['backend', 'the one line', 'binary (sha256)', 'scenario', 'after a restart'],
    ...rows.map((row) => [row.backend, row.line, row.sha256.slice(0, 16), row.scenario, row.restart]),
  ];
  return alignColumns(lines);
}

if (import.meta.main) {
  const rows = await runPortability((progress) => void process.stderr.write(`${progress}\n`));
  const json = process.argv.includes('--json');
  process.stdout.write(`${json ? JSON.stringify(rows, null, 2) : toTable(rows)}\n`);
  if (rows.some((row) => [row.scenario, row.restart].some((text) => text.startsWith('failed'))))
    process.exitCode = 1;
}
