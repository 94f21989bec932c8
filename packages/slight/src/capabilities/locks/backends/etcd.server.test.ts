import { tmpdir } from 'node:os';
import { after, before, suite, test } from 'node:test';
import { etcdMissing, startEtcd } from '../../../../../../test/servers/etcd.ts';
import type { TestServer } from '../../../../../../test/servers/server.ts';
import { openCapability } from '../../core/open.ts';
import { locksConformance } from '../conformance.ts';
import { etcd } from './etcd.ts';

suite('locks on etcd', { skip: etcdMissing }, () => {
  let server: TestServer;
  before(async () => void (server = await startEtcd()));
  after(() => server.stop());

  const bind = () => server.url.replace('http:', 'etcd:');
  const checks = locksConformance({
    open: (name) =>
      openCapability('locks', { name, bind: bind(), config: {} }, { dataDir: tmpdir(), timeout: 10_000 }),
    features: etcd.features,
    async restart() {
      await server.kill();
      await server.restart();
    },
    // The server looks for leases that are over twice a second.
    slack: 1_500,
  });
  for (const { name, run } of checks) test(name, run);
});
