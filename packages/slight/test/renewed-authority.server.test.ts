import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { postgresMissing, startPostgres } from '../../../test/servers/postgres.ts';
import { buildScriptGuest } from './guests.ts';
import { appFolder, serveApp, waitUntil } from './slight.ts';

test('SIGHUP reads again who is trusted', { skip: postgresMissing }, async (t) => {
  const server = await startPostgres({ tls: true, password: 'secret' });
  t.after(async () => {
    // It would wait for those who are connected.
    await server.kill();
    await server.stop();
  });
  const bind = `postgres://postgres:secret@localhost:${server.port}/test?sslmode=verify-full`;
  const folder = await appFolder({
    'app.wasm': await buildScriptGuest(),
    'slightfile.toml': `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n[keyvalue]\nnotes = "${bind}"\n`,
    'ca.pem': server.tls!.certificate,
  });
  const path = join(folder, 'ca.pem');
  const app = await serveApp(folder, [], { NODE_EXTRA_CA_CERTS: path });
  assert.equal(
    (await app.get('/notes/a', { method: 'PUT', body: 'kept', headers: { connection: 'close' } })).status,
    200,
  );

  // A connection that is kept leads to the former worker.
  const get = () => app.get('/notes/a', { headers: { connection: 'close' } });
  await writeFile(path, server.renewCertificate());
  server.ask("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'slight'");
  await waitUntil('it is not trusted', async () => (await get()).status !== 200);
  app.child.kill('SIGHUP');
  await waitUntil('the workers are replaced', () => app.stderr().includes('the workers are replaced'));
  const { status, body } = await get();
  assert.deepEqual([status, body], [200, '"kept"']);
  assert.equal((await app.stop()).code, 0);
});
