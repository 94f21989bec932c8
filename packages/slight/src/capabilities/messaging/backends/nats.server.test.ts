import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, suite, test } from 'node:test';
import { natsMissing, startNats } from '../../../../../../test/servers/nats.ts';
import type { TestServer } from '../../../../../../test/servers/server.ts';
import { openCapability } from '../../core/open.ts';
import { messagingConformance } from '../conformance.ts';
import { largestNatsBody, nats } from './nats.ts';

suite('messaging on NATS', { skip: natsMissing }, () => {
  let server: TestServer;
  before(async () => void (server = await startNats()));
  after(() => server.stop());

  const checks = messagingConformance({
    open: (name, config) =>
      openCapability('messaging', { name, bind: server.url, config }, { dataDir: tmpdir(), timeout: 10_000 }),
    features: nats.features,
    largestBody: largestNatsBody,
    async restart() {
      // How often messages were given out it writes down a moment later.
      await sleep(500);
      await server.kill();
      await server.restart();
    },
  });
  for (const { name, run } of checks) test(name, run);
});
