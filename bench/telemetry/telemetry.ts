import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from '../http/load.ts';
import { takeTurns } from '../measure.ts';
import { type Comparison, compare } from '../report.ts';
import { buildGuest, findWorker, makeFolder, startProgram, startSlight } from '../server.ts';
import type { Server } from '../server.ts';

const ROUNDS = 61;
const CONNECTIONS = 32;
/** How long a contestant is under load in one round, and once before the first, in milliseconds. */
const SLICE = 200;
const WARM_UP = 3_000;

const PATHS = [
  { name: 'no call', path: '/plain', expected: JSON.stringify({ ok: true }) },
  { name: 'two gets', path: '/stored', expected: JSON.stringify({ found: [undefined, undefined] }) },
];

const WAYS: readonly (readonly [name: string, lines: string])[] = [
  ['nothing, once more', ''],
  ['metrics', 'metrics = true'],
  ['traces, one in ten', 'sample = 0.1'],
  ['traces, all', ''],
  ['traces, all, and metrics', 'metrics = true'],
];

/**
 * What traces and metrics cost: requests in a second, and computing time of the worker for one request, against the same
 * app without them. The collector is a process of its own, on the same machine.
 */
export async function benchTelemetry(tell: (progress: string) => void): Promise<Comparison[]> {
  tell('building the guest …');
  const component = await buildGuest(join(import.meta.dirname, 'app.ts'));
  const collector = await startProgram([join(import.meta.dirname, 'collector.js')]);
  const start = ([name, lines]: (typeof WAYS)[number]) => {
    const traces = name.startsWith('traces') ? `traces = "${collector.url}"` : '';
    const slightfile = `specversion = "0.3"
[app]
component = "app.wasm"
[keyvalue]
notes = "sqlite"
[telemetry]
${lines}
${traces}
`;
    const folder = makeFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
    return startSlight(folder, ['--health', '127.0.0.1:0']);
  };
  const servers = await Promise.all([['nothing', ''] as const, ...WAYS].map(start));
  try {
    const comparisons: Comparison[] = [];
    for (const path of PATHS) {
      tell(`${path.name} …`);
      comparisons.push(...(await raceOn(path, servers)));
    }
    return comparisons;
  } finally {
    await Promise.all([...servers, collector].map((server) => server.stop()));
  }
}

async function raceOn(
  { name, path, expected }: (typeof PATHS)[number],
  servers: readonly Server[],
): Promise<Comparison[]> {
  const put = ({ url }: Server, milliseconds: number) =>
    load(url + path, { connections: CONNECTIONS, milliseconds, expected });
  for (const server of servers) await put(server, WARM_UP);
  const timings = await takeTurns(
    ROUNDS,
    servers.flatMap((server) => {
      const worker = findWorker(server);
      let cost = 0;
      const rate = async () => {
        const [computed, began] = [computingTime(worker), performance.now()];
        const perSecond = await put(server, SLICE);
        const requests = (perSecond * (performance.now() - began)) / 1_000;
        cost = (computingTime(worker) - computed) / requests;
        return perSecond;
      };
      return [rate, async () => cost];
    }),
  );
  const [rate, cost, ...others] = timings;
  return WAYS.flatMap(([way], index) => [
    compare(`${name}: ${way}`, others[2 * index]!, rate!, 'nothing', 'requests/s'),
    compare(`${name}: ${way}`, others[2 * index + 1]!, cost!, 'nothing', 'µs'),
  ]);
}

/** Microseconds for which the threads of a process have run. */
function computingTime(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce(
    (sum, thread) =>
      sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]) / 1_000,
    0,
  );
}
