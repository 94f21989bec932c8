import { tmpdir } from 'node:os';
import { after, before, suite, test } from 'node:test';
import { natsMissing, startNats } from '../../../../../../test/servers/nats.ts';
import type { TestServer } from '../../../../../../test/servers/server.ts';
import { openCapability } from '../../core/open.ts';
import { keyValueConformance } from '../conformance.ts';
import { largestNatsValue, nats } from './nats.ts';

suite('key-value on NATS', { skip: natsMissing }, () => {
  let server: TestServer;
  before(async () => void (server = await startNats()));
  after(() => server.stop());

  const bind = () => server.url;
  const checks = keyValueConformance({
    open: (name) =>
      openCapability('keyvalue', { name, bind: bind(), config: {} }, { dataDir: tmpdir(), timeout: 10_000 }),
    features: nats.features,
    largestValue: largestNatsValue,
    async restart() {
      await server.kill();
      await server.restart();
    },
  });
  for (const { name, run } of checks) test(name, run);
});
