import { Redis } from 'ioredis';
import { clangMissing } from '../../test/guests/clang.ts';
import { redisMissing, startRedis } from '../../test/servers/redis.ts';
import { race } from '../measure.ts';
import { type Comparison, compare } from '../report.ts';
import { type Loop, makeLoops, openBenchStore } from './guests.ts';

const KEY = 'orders/000012345';
const VALUE = '{"status":"new"}';
const FLIGHTS = [1, 64];
/** Slices long enough that entering the guests, once in each, is little beside what they do there. */
const USUAL = { rounds: 21, slice: 150 };

interface Contestant {
  readonly name: string;
  readonly loops: readonly Loop[];
}

/** What a `get` costs a guest on a real Redis, against the client alone. */
export async function benchKeyvalue(tell: (progress: string) => void, pace = USUAL): Promise<Comparison[]> {
  if (redisMissing !== false) {
    tell(`nothing is measured: ${redisMissing}`);
    return [];
  }
  if (clangMissing !== false) tell(`the rows of the C guest are left out: ${clangMissing}`);
  const server = await startRedis();
  const client = new Redis(server.port, '127.0.0.1');
  const store = await openBenchStore(server.url);
  try {
    await store.set(KEY, Buffer.from(VALUE));
    await client.set(`bench:${KEY}`, VALUE);
    tell('building the guests …');
    const most = Math.max(...FLIGHTS);
    const alone: Contestant = { name: 'ioredis', loops: Array.from({ length: most }, () => loopOf(client)) };
    const guests: Contestant[] = [];
    if (clangMissing === false) guests.push({ name: 'C', loops: await makeLoops('c', store, most) });
    guests.push({ name: 'QuickJS', loops: await makeLoops('quickjs', store, most) });
    const comparisons: Comparison[] = [];
    for (const flight of FLIGHTS) {
      tell(`get, ${flight} in flight …`);
      const field = [alone, ...guests];
      const [baseline, ...timings] = await race(
        field.map(({ name, loops }) => ({
          name,
          run: (count) => runLoops(name, loops.slice(0, flight), count),
        })),
        { ...pace, least: flight * 8 },
      );
      timings.forEach((ours, index) => {
        const name = `get, ${guests[index]!.name} guest${flight === 1 ? '' : 's'}, ${flight} in flight`;
        comparisons.push(compare(name, ours, baseline!, 'ioredis alone'));
      });
    }
    return comparisons;
  } finally {
    await store.close();
    client.disconnect();
    await server.stop();
  }
}

/** The client alone, as its documentation says. */
function loopOf(client: Redis): Loop {
  return async (count) => {
    let sum = 0;
    for (let left = count; left > 0; left--) sum += (await client.getBuffer(`bench:${KEY}`))?.length ?? 0;
    return sum;
  };
}

/** Shares `count` reads among the loops. */
async function runLoops(name: string, loops: readonly Loop[], count: number): Promise<void> {
  const share = Math.floor(count / loops.length);
  const more = count % loops.length;
  const sums = await Promise.all(loops.map((loop, index) => loop(index < more ? share + 1 : share)));
  const sum = sums.reduce((total, each) => total + each, 0);
  if (sum !== count * VALUE.length) throw new Error(`${name}: ${count} reads came to ${sum} bytes`);
}
