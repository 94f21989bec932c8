import { tmpdir } from 'node:os';
import { after, before, suite, test } from 'node:test';
import { mosquittoMissing, startMosquitto } from '../../../../../../test/servers/mosquitto.ts';
import type { TestServer } from '../../../../../../test/servers/server.ts';
import { openCapability } from '../../core/open.ts';
import { messagingConformance } from '../conformance.ts';
import { mqtt } from './mqtt.ts';

suite('messaging on MQTT', { skip: mosquittoMissing }, () => {
  let server: TestServer;
  before(async () => void (server = await startMosquitto()));
  after(() => server.stop());

  const checks = messagingConformance({
    open: (name, config) =>
      openCapability('messaging', { name, bind: server.url, config }, { dataDir: tmpdir(), timeout: 10_000 }),
    features: mqtt.features,
    async restart() {
      await server.kill();
      await server.restart();
    },
  });
  for (const { name, run } of checks) test(name, run);
});
