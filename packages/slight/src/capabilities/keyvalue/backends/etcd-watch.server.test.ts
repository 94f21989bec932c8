import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { etcdMissing, startEtcd } from '../../../../../../test/servers/etcd.ts';
import { startProxy } from '../../../../../../test/servers/proxy.ts';
import { openCapability } from '../../core/open.ts';

test(
  'a watch that missed what the server has compacted says so, and hears what comes then',
  { skip: etcdMissing },
  async (t) => {
    const server = await startEtcd();
    t.after(() => server.stop());
    const link = await startProxy(server.port);
    const open = (at: string) =>
      openCapability(
        'keyvalue',
        { name: 'compacted', bind: at, config: {} },
        { dataDir: tmpdir(), timeout: 10_000 },
      );
    const [store, far] = [
      await open(server.url.replace('http:', 'etcd:')),
      await open(`etcd://127.0.0.1:${link.port}`),
    ];
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
  },
);
