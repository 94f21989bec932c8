import { Redis } from 'ioredis';
import { clangMissing } from '../../test/guests/clang.ts';
import { redisMissing, startRedis } from '../../test/servers/redis.ts';
import { race } from '../measure.ts';
import { type Comparison, compare } from '../report.ts';
import { makeAlone } from './alone.ts';
import { type Loop, makeLoops, openBench, type Operation, operations } from './guests.ts';

const FLIGHTS = [1, 64];
/** Slices long enough that entering the guests, once in each, is little beside what they do there. */
const USUAL = { rounds: 21, slice: 150 };

interface Contestant {
  readonly name: string;
  readonly loops: Readonly<Record<Operation, readonly Loop[]>>;
}

/** What operations cost guests on a real Redis, against the client alone that sends the same commands. */
export async function benchRedis(
  tell: (progress: string) => void,
  { pace = USUAL, measured = operations }: { pace?: typeof USUAL; measured?: readonly Operation[] } = {},
): Promise<Comparison[]> {
  if (redisMissing !== false) {
    tell(`nothing is measured: ${redisMissing}`);
    return [];
  }
  if (clangMissing !== false) tell(`the rows of the C guest are left out: ${clangMissing}`);
  const server = await startRedis();
  const client = new Redis(server.port, '127.0.0.1');
  const bench = await openBench(server.url);
  try {
    await bench.keyvalue.set('orders/000012345', Buffer.from('{"status":"new"}'));
    await bench.messaging.subscribe('billing', ['orders.>']);
    tell('building the guests …');
    const most = Math.max(...FLIGHTS);
    const alone = await makeAlone(client, bench, most);
    const guests: Contestant[] = [];
    if (clangMissing === false) guests.push({ name: 'C', loops: await makeLoops('c', bench, most) });
    guests.push({ name: 'QuickJS', loops: await makeLoops('quickjs', bench, most) });
    const field = [{ name: 'ioredis', loops: alone.loops }, ...guests];
    const comparisons: Comparison[] = [];
    for (const operation of measured) {
      for (const flight of FLIGHTS) {
        tell(`${operation}, ${flight} in flight …`);
        const [baseline, ...timings] = await race(
          field.map(({ name, loops }) => ({
            name,
            async run(count) {
              await runLoops(name, loops[operation].slice(0, flight), count);
              if (operation === 'publish') await alone.clear();
            },
          })),
          { ...pace, least: flight * 8 },
        );
        timings.forEach((ours, index) => {
          const guest = `${guests[index]!.name} guest${flight === 1 ? '' : 's'}`;
          const what = operation === 'acquire' ? 'acquire and release' : operation;
          comparisons.push(
            compare(`${what}, ${guest}, ${flight} in flight`, ours, baseline!, 'ioredis alone'),
          );
        });
      }
    }
    return comparisons;
  } finally {
    for (const each of Object.values(bench)) await each.close();
    client.disconnect();
    await server.stop();
  }
}

/** Of these, reading keys alone. */
export const benchReads = (tell: (progress: string) => void): Promise<Comparison[]> =>
  benchRedis(tell, { measured: ['get'] });

/** Shares `count` pieces of work among the loops. */
async function runLoops(name: string, loops: readonly Loop[], count: number): Promise<void> {
  const share = Math.floor(count / loops.length);
  const more = count % loops.length;
  const done = await Promise.all(loops.map((loop, index) => loop(index < more ? share + 1 : share)));
  const sum = done.reduce((total, each) => total + each, 0);
  if (sum !== count) throw new Error(`${name}: ${sum} of ${count} went well`);
}
