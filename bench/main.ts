/** `npm run -s bench -- NAME [--json]`: measures, and prints a table or one JSON array on stdout. */
import { parseArgs } from 'node:util';
import { type Comparison, toJson, toTable } from './report.ts';

type Benchmark = (tell: (progress: string) => void) => Promise<Comparison[]>;

const BENCHMARKS: Record<string, { about: string; load(): Promise<Benchmark> }> = {
  calls: {
    about: 'one call of a host function, answered at once and suspended',
    load: async () => (await import('./calls/calls.ts')).benchCalls,
  },
  engine: {
    about: 'calls, restored instances, limits and ends of guests, against jco and what they may cost',
    load: async () => (await import('./engine/engine.ts')).benchEngine,
  },
  http: {
    about: 'JSON from a TypeScript guest over HTTP, clean and kept, 1 and 2 workers',
    load: async () => (await import('./http/http.ts')).benchHttp,
  },
  keyvalue: {
    about: 'guests that read keys of Redis, 1 and 64 in flight',
    load: async () => (await import('./redis/redis.ts')).benchReads,
  },
  redis: {
    about: 'guests that read keys, publish messages and acquire locks on Redis, 1 and 64 in flight',
    load: async () => (await import('./redis/redis.ts')).benchRedis,
  },
  sql: {
    about: 'what SQL costs a guest, against node:sqlite',
    load: async () => (await import('./sql/sql.ts')).benchSql,
  },
  messaging: {
    about: 'messages on SQLite, one and many at a time',
    load: async () => (await import('./messaging/messaging.ts')).benchMessaging,
  },
  outgoing: {
    about: 'guests that ask another server over HTTP, 1 and 64 in flight',
    load: async () => (await import('./outgoing/outgoing.ts')).benchOutgoing,
  },
  cold: {
    about: 'from the start of slight run to its first answer',
    load: async () => (await import('./cold/cold.ts')).benchCold,
  },
  telemetry: {
    about: 'what traces and metrics cost',
    load: async () => (await import('./telemetry/telemetry.ts')).benchTelemetry,
  },
  density: {
    about: 'how many instances fit into a GiB',
    load: async () => (await import('./density/density.ts')).benchDensity,
  },
};

function explain(problem: string): never {
  const names = Object.entries(BENCHMARKS).map(([name, { about }]) => `  ${name.padEnd(12)}${about}`);
  console.error(
    `${problem}\nUsage: npm run -s bench -- NAME [--json], where NAME is one of\n${names.join('\n')}`,
  );
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({ allowPositionals: true, options: { json: { type: 'boolean', default: false } } });
  } catch (error) {
    return explain((error as Error).message);
  }
}

const { positionals, values } = readArguments();
if (positionals.length === 0) explain('Which benchmark?');
if (positionals.length > 1) explain(`One benchmark at a time, not ${positionals.join(' and ')}.`);
const name = positionals[0]!;
if (!Object.hasOwn(BENCHMARKS, name)) explain(`There is no benchmark called “${name}”.`);

try {
  const bench = await BENCHMARKS[name]!.load();
  const comparisons = await bench((progress) => console.error(progress));
  console.log(values.json ? toJson(comparisons) : toTable(comparisons));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
