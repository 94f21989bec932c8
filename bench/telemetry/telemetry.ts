import { join } from 'node:path';
import { load } from '../http/load.ts';
import { takeTurns } from '../measure.ts';
import { type Comparison, compare } from '../report.ts';
import { buildGuest, makeFolder, startProgram, startSlight } from '../server.ts';

const ROUNDS = 15;
const CONNECTIONS = 32;
/** How long a contestant is under load in one round, and once before the first, in milliseconds. */
const SLICE = 600;
const WARM_UP = 3_000;

const PATHS = [
  { name: 'plain', path: '/plain', expected: JSON.stringify({ ok: true }) },
  { name: 'two gets', path: '/stored', expected: JSON.stringify({ found: [undefined, undefined] }) },
];

const WAYS: readonly (readonly [name: string, lines: string])[] = [
  ['metrics', 'metrics = true'],
  ['traces, one in ten', 'sample = 0.1'],
  ['traces, all', ''],
  ['traces, all, and metrics', 'metrics = true'],
];

/** What traces and metrics cost: requests in a second against the same app without them. */
export async function benchTelemetry(tell: (progress: string) => void): Promise<Comparison[]> {
  tell('building the guest …');
  const component = await buildGuest(join(import.meta.dirname, 'app.ts'));
  const collector = await startProgram([join(import.meta.dirname, 'collector.js')]);
  const start = (telemetry: string) => {
    const stores = '[keyvalue]\nnotes = "sqlite"\n';
    const slightfile = `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n${stores}${telemetry}`;
    const folder = makeFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
    return startSlight(folder, ['--health', '127.0.0.1:0']);
  };
  const table = ([name, lines]: (typeof WAYS)[number]) =>
    `[telemetry]\n${lines}\n${name.startsWith('traces') ? `traces = "${collector.url}"\n` : ''}`;
  const servers = await Promise.all([start(''), start(''), ...WAYS.map((way) => start(table(way)))]);
  try {
    const comparisons: Comparison[] = [];
    for (const { name, path, expected } of PATHS) {
      tell(`${name} …`);
      const put = (url: string, milliseconds: number) =>
        load(url + path, { connections: CONNECTIONS, milliseconds, expected });
      for (const { url } of servers) await put(url, WARM_UP);
      const [off, again, ...timings] = await takeTurns(
        ROUNDS,
        servers.map((server) => () => put(server.url, SLICE)),
      );
      const rows = [['nothing, once more', ''] as const, ...WAYS].map(([way], index) =>
        compare(`${name}: ${way}`, index === 0 ? again! : timings[index - 1]!, off!, 'nothing', 'requests/s'),
      );
      comparisons.push(...rows);
    }
    return comparisons;
  } finally {
    await Promise.all([...servers, collector].map((server) => server.stop()));
  }
}
