/** A long walk: `npx node packages/slight/test/walk/main.ts SECONDS [SEED]`. */
import { readWear } from '@spiderlightning/component';
import { walk } from './walk.ts';

const [seconds = '600', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2);
console.log(`seed ${seed}`);
const before = readWear(1).addresses.used;
const { steps, seen } = await walk(Number(seed), Number(seconds) * 1000);
for (const [what, count] of [...seen].toSorted()) console.log(`${what}: ${count}`);
const { overlapping, addresses } = readWear(1);
console.log(
  `${steps} steps, ${overlapping} overlapping calls, ${Math.round((addresses.used - before) / 2 ** 20)} MiB of addresses, ` +
    `${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB resident`,
);
