import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { benchCold } from '../bench/cold/cold.ts';
import { benchDensity } from '../bench/density/density.ts';
import { benchHttp } from '../bench/http/http.ts';
import { load } from '../bench/http/load.ts';
import { race } from '../bench/measure.ts';
import { benchMessaging } from '../bench/messaging/messaging.ts';
import { benchSql } from '../bench/sql/sql.ts';
import { compare, toJson, toTable } from '../bench/report.ts';
import type { Comparison } from '../bench/report.ts';

/** What a benchmark gave in the shortest run: all rows, each with its baseline and figures that can be compared. */
function checkRows(rows: readonly Comparison[], expected: readonly (readonly [string, string, string])[]) {
  assert.deepEqual(
    rows.map(({ name, against, unit }) => [name, against, unit]),
    expected,
  );
  for (const { name, ours, baseline, ratio } of rows)
    for (const figure of [ours, baseline, ratio])
      assert.ok(Number.isFinite(figure) && figure > 0, `${name}: ${figure}`);
}
const silent = () => undefined;

const MAIN = join(import.meta.dirname, '../bench/main.ts');

test('a benchmark that does not exist lists those that do, with exit code 2', () => {
  for (const args of [['cals'], [], ['calls', 'calls'], ['calls', '--jsno']]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
    assert.equal(status, 2, args.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, /^ {2}calls /m);
    assert.doesNotMatch(stderr, /\n {4}at /);
  }
});

test('a ratio above 1 means that ours is better; JSON has the six fields and no more', () => {
  const timing = (median: number) => ({ median, quartiles: [median * 0.9, median * 1.1] as const });
  const row = compare('get', timing(200), timing(6000), 'jco');
  assert.deepEqual(JSON.parse(toJson([row])), [
    { name: 'get', ours: 200, baseline: 6000, unit: 'ns', ratio: 30, against: 'jco' },
  ]);
  assert.match(toTable([row]), /^get +200 ns \(180–220\) +6000 ns \(5400–6600\) +jco +30 ×$/m);
});

test('contestants take turns, and each is asked for the amount of work that fills its slice', async () => {
  const turns: string[] = [];
  const busy = (name: string, nanoseconds: number) => ({
    name,
    run: (count: number) => {
      turns.push(name);
      const end = performance.now() + (count * nanoseconds) / 1e6;
      while (performance.now() < end);
    },
  });
  const [slow, fast] = await race([busy('slow', 400_000), busy('fast', 20_000)]);
  assert.ok(slow!.median > fast!.median);
  assert.deepEqual(turns.slice(-4), ['slow', 'fast', 'slow', 'fast']);
});

test('a slice has the fewest pieces of work that were asked for, however long they take', async () => {
  const counts: number[] = [];
  const run = async (count: number) => {
    counts.push(count);
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await race([{ name: 'slow', run }], { rounds: 2, slice: 1, least: 40 });
  assert.deepEqual(counts.slice(-2), [40, 40]);
});

test('more requests in a second are better, and so are more instances', () => {
  const timing = (median: number) => ({ median, quartiles: [median, median] as const });
  for (const unit of ['requests/s', 'instances/GiB'])
    assert.equal(compare('more', timing(300), timing(100), 'less', unit).ratio, 3);
});

test('load counts right answers alone: a wrong one, a failure and a broken connection end it', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/broken') return void request.socket.destroy();
    response.statusCode = request.url === '/failed' ? 500 : 200;
    response.end(request.url === '/wrong' ? 'wrong' : 'right');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const put = (path: string) =>
    load(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
      connections: 2,
      milliseconds: 20,
      expected: 'right',
    });
  assert.ok((await put('/')) > 0);
  await assert.rejects(put('/wrong'), /wrong/);
  await assert.rejects(put('/failed'), /500/);
  await assert.rejects(put('/broken'));
  server.closeAllConnections();
  server.close();
});

test('http compares each way of running a guest with as many processes of node:http', async () => {
  checkRows(await benchHttp(silent, { rounds: 1, slice: 20, warmUp: 20 }), [
    ['JSON, clean, 1 worker', 'node:http, 1 process', 'requests/s'],
    ['JSON, kept, 1 worker', 'node:http, 1 process', 'requests/s'],
    ['JSON, clean, 2 workers', 'node:http, 2 processes', 'requests/s'],
    ['JSON, kept, 2 workers', 'node:http, 2 processes', 'requests/s'],
    ['JSON, clean, 1 worker', 'node:http and the guest', 'requests/s'],
    ['JSON, kept, 1 worker', 'node:http and the guest', 'requests/s'],
    ['1 ms of computing, clean, 2 workers', 'slight, 1 worker', 'requests/s'],
  ]);
});

test('cold compares the first and the second start with bare Node', async () => {
  checkRows(await benchCold(silent, 1), [
    ['first start, empty caches', 'node:http', 'ms'],
    ['second start', 'node:http', 'ms'],
  ]);
});

test('sql compares a guest and the host with node:sqlite', async () => {
  checkRows(
    await benchSql(silent, { rounds: 1, slice: 10 }),
    ['select by key', 'insert, on the disk', 'one of many rows'].flatMap((work) => [
      [`${work}, QuickJS guest`, 'node:sqlite', 'ns'],
      [`${work}, the host alone`, 'node:sqlite', 'ns'],
    ]),
  );
});

test('messaging compares two names of it with a queue on node:sqlite', async () => {
  checkRows(
    await benchMessaging(silent, { rounds: 1, slice: 10 }),
    [1, 64].flatMap((flight) =>
      ['message', 'message, order by key'].map(
        (name) => [`${name}, ${flight} at a time`, 'bare node:sqlite', 'ns'] as const,
      ),
    ),
  );
});

test('density counts instances in a GiB', { skip: process.platform !== 'linux' }, async () => {
  // With few of them, what V8 lets go meanwhile outweighs what they add.
  checkRows(await benchDensity(silent, { rounds: 1, instances: 64 }), [
    ['instances, clean', 'processes of node:http', 'instances/GiB'],
    ['instances, kept', 'processes of node:http', 'instances/GiB'],
  ]);
});
