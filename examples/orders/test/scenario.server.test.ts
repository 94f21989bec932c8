import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { serveApp } from '../../../packages/slight/test/slight.ts';
import { waitUntil } from '../../../test/servers/process.ts';
import { redisMissing, startRedis } from '../../../test/servers/redis.ts';
import type { RedisServer } from '../../../test/servers/redis.ts';
import { runScenario, verifyAfterRestart } from '../scenario.ts';
import { buildOrders, hashOf, layOut } from './app.ts';

const skip = { skip: redisMissing };
let component: Uint8Array;
let redis: RedisServer;
before(async () => {
  if (redisMissing !== false) return;
  [component, redis] = await Promise.all([buildOrders(), startRedis()]);
});
after(() => redis?.stop());

test('the binary that ran on SQLite passes the scenario on Redis; one line differs', skip, async () => {
  const [embedded, served] = await Promise.all([layOut(component, 'sqlite'), layOut(component, redis.url)]);
  for (const folder of [embedded, served]) {
    const first = await serveApp(folder);
    const witness = await runScenario(first.url);
    assert.equal((await first.stop()).code, 0);
    const second = await serveApp(folder);
    await verifyAfterRestart(second.url, witness);
    await second.stop();
  }
  assert.equal(await hashOf(embedded), await hashOf(served));
});

test(
  'redis-server killed meanwhile: unavailable, then well again, and nothing acknowledged is lost',
  skip,
  async () => {
    const app = await serveApp(await layOut(component, redis.url));
    const body = '{"customer":"Ada","items":[{"name":"Tea","quantity":1,"price":5}]}';
    const acknowledged: string[] = [];
    const refused: number[] = [];
    let going = true;
    const client = async () => {
      while (going) {
        const answer = await app.get('/orders', { method: 'POST', body });
        if (answer.status === 201) acknowledged.push((JSON.parse(answer.body) as { id: string }).id);
        else refused.push(answer.status);
      }
    };
    const clients = Promise.all([client(), client(), client()]);

    await waitUntil('orders are taken', async () => acknowledged.length >= 20);
    await redis.kill();
    const failedBefore = refused.length;
    await waitUntil('orders are refused', async () => refused.length > failedBefore + 3);
    await redis.restart();
    const sofar = acknowledged.length;
    await waitUntil('orders are taken again', async () => acknowledged.length > sofar + 20);
    going = false;
    await clients;

    assert.deepEqual([...new Set(refused)], [503]);
    assert.equal(new Set(acknowledged).size, acknowledged.length, 'no id was given out twice');
    for (const id of acknowledged)
      assert.equal((await app.get(`/orders/${id}`)).status, 200, `order ${id} is lost`);
    assert.equal((await app.stop()).code, 0);
  },
);
