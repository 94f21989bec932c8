import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { serveApp } from '../../../packages/slight/test/slight.ts';
import type { Served } from '../../../packages/slight/test/slight.ts';
import { natsMissing, startNats } from '../../../test/servers/nats.ts';
import { redisMissing, startRedis } from '../../../test/servers/redis.ts';
import type { RedisServer } from '../../../test/servers/redis.ts';
import type { TestServer } from '../../../test/servers/server.ts';
import { buildTalk, layOut } from './app.ts';
import { slides } from './slides.ts';

suite('the same binary on premises', { skip: redisMissing || natsMissing }, () => {
  let redis: RedisServer;
  let nats: TestServer;
  let app: Served;
  before(async () => {
    // Redis tells of changes where it is asked to.
    const settings = ['--notify-keyspace-events', 'KA'];
    [redis, nats] = await Promise.all([startRedis({ settings }), startNats()]);
    const servers = { 'redis://127.0.0.1:6379': redis.url, 'nats://127.0.0.1:4222': nats.url };
    app = await serveApp(await layOut(await buildTalk(), servers), ['--target', 'onprem']);
  });
  after(async () => {
    assert.equal((await app.stop()).code, 0);
    await Promise.all([redis.stop(), nats.stop()]);
  });
  for (const { title, show } of slides) test(title, () => show(app));
  test('it is there that the data lies', async () => {
    assert.match(await redis.ask('GET shop:visits'), /^10\r$/m);
  });
});
