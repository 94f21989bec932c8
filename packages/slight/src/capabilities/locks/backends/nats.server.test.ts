import { tmpdir } from 'node:os';
import { after, before, suite, test } from 'node:test';
import { natsMissing, startNats } from '../../../../../../test/servers/nats.ts';
import type { TestServer } from '../../../../../../test/servers/server.ts';
import { openCapability } from '../../core/open.ts';
import { locksConformance } from '../conformance.ts';
import { nats } from './nats.ts';

suite('locks on NATS', { skip: natsMissing }, () => {
  let server: TestServer;
  before(async () => void (server = await startNats()));
  after(() => server.stop());

  const bind = () => server.url;
  const checks = locksConformance({
    open: (name) =>
      openCapability('locks', { name, bind: bind(), config: {} }, { dataDir: tmpdir(), timeout: 10_000 }),
    features: nats.features,
    async restart() {
      await server.kill();
      await server.restart();
    },
  });
  for (const { name, run } of checks) test(name, run);
});
