import { tmpdir } from 'node:os';
import { after, before, suite, test } from 'node:test';
import { postgresMissing, startPostgres } from '../../../../../../test/servers/postgres.ts';
import type { TestServer } from '../../../../../../test/servers/server.ts';
import { openCapability } from '../../core/open.ts';
import { keyValueConformance } from '../conformance.ts';
import { postgres } from './postgres.ts';

suite('key-value on PostgreSQL', { skip: postgresMissing }, () => {
  let server: TestServer;
  before(async () => void (server = await startPostgres()));
  after(() => server.stop());

  const bind = () => server.url;
  const checks = keyValueConformance({
    open: (name) =>
      openCapability('keyvalue', { name, bind: bind(), config: {} }, { dataDir: tmpdir(), timeout: 10_000 }),
    features: postgres.features,
    async restart() {
      await server.kill();
      await server.restart();
    },
  });
  for (const { name, run } of checks) test(name, run);
});
