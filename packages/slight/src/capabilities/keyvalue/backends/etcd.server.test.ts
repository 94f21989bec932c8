import { tmpdir } from 'node:os';
import { after, before, suite, test } from 'node:test';
import { etcdMissing, startEtcd } from '../../../../../../test/servers/etcd.ts';
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
});
