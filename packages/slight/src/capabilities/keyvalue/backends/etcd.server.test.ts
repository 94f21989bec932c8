import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { after, before, suite, test } from 'node:test';
import { etcdMissing, startEtcd } from '../../../../../../test/servers/etcd.ts';
import { startProxy } from '../../../../../../test/servers/proxy.ts';
import type { TestServer } from '../../../../../../test/servers/server.ts';
import { openCapability } from '../../core/open.ts';
import { keyValueConformance } from '../conformance.ts';
import { etcd, largestEtcdValue } from './etcd.ts';

suite('key-value on etcd', { skip: etcdMissing }, () => {
  let server: TestServer;
  before(async () => void (server = await startEtcd()));
  after(() => server.stop());

  const bind = () => server.url.replace('http:', 'etcd:');
  const checks = keyValueConformance({
    open: (name) =>
      openCapability('keyvalue', { name, bind: bind(), config: {} }, { dataDir: tmpdir(), timeout: 10_000 }),
    features: etcd.features,
    largestValue: largestEtcdValue,
    async restart() {
      await server.kill();
      await server.restart();
    },
  });
  for (const { name, run } of checks) test(name, run);

  test('a watch that missed what the server has compacted says so, and hears what comes then', async () => {
    const link = await startProxy(server.port);
    const open = (at: string) =>
      openCapability(
        'keyvalue',
        { name: 'compacted', bind: at, config: {} },
        { dataDir: tmpdir(), timeout: 10_000 },
      );
    const [store, far] = [await open(bind()), await open(`etcd://127.0.0.1:${link.port}`)];
    const watch = await far.watch({ prefix: '' });
    try {
      await link.cut();
      for (let i = 0; i < 3; i++) await store.set('key', Buffer.from(String(i)));
      const revision = (await store.getVersioned('key'))!.version;
      const body = JSON.stringify({ revision, physical: true });
      await fetch(`${server.url}/v3/kv/compaction`, { method: 'POST', body });
      await link.heal();
      assert.deepEqual(await watch.next(20_000), { changes: [], resync: true });
      await store.set('other', Buffer.from(''));
      const { changes, resync } = await watch.next(20_000);
      assert.deepEqual([changes.map(({ key }) => key), resync], [['other'], false]);
    } finally {
      watch.close();
      await store.close();
      await far.close();
      await link.close();
    }
  });
});
