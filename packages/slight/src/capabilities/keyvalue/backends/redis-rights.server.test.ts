import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { suite, test, type TestContext } from 'node:test';
import { redisMissing, startRedis } from '../../../../../../test/servers/redis.ts';
import { openCapability } from '../../core/open.ts';
import type { KeyValue } from '../contract.ts';

async function open(t: TestContext, url: string): Promise<KeyValue> {
  const store = await openCapability(
    'keyvalue',
    { name: 'orders', bind: url, config: {} },
    { dataDir: tmpdir(), timeout: 1_500 },
  );
  t.after(() => store.close());
  return store;
}

void suite('redis and a user with few rights', { skip: redisMissing }, () => {
  async function openAs(t: TestContext, rights: string): Promise<KeyValue> {
    const server = await startRedis();
    t.after(() => server.stop());
    const owner = await open(t, server.url);
    await owner.set('a', Buffer.from('A'));
    await owner.set('b', Buffer.from('B'));
    await server.ask(`ACL SETUSER few on >secret ${rights}`);
    return open(t, server.url.replace('redis://', 'redis://few:secret@'));
  }

  for (const command of ['mget', 'exists'])
    test(`reads that are called at once do without ${command}`, async (t) => {
      const store = await openAs(t, `~* +@all -${command}`);
      const found = await Promise.all(['a', 'none', 'b'].map((key) => store.get(key)));
      assert.deepEqual(
        found.map((value) => value && String(value)),
        ['A', undefined, 'B'],
      );
    });

  test('a key that is forbidden keeps no others back that are called for at once', async (t) => {
    const store = await openAs(t, '~orders:a* ~{orders:a* +@all');
    for (const work of [
      async (key: string): Promise<unknown> => store.get(key),
      async (key: string): Promise<unknown> => store.set(key, Buffer.from('new')),
    ]) {
      const [allowed, forbidden, other] = await Promise.allSettled(['a', 'b', 'a2'].map(work));
      assert.equal(allowed!.status, 'fulfilled');
      assert.equal(other!.status, 'fulfilled');
      assert.ok(forbidden!.status === 'rejected' && forbidden.reason.code === 'permission-denied');
    }
  });
});
