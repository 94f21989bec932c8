import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { inspect } from 'node:util';
import type { Certificate } from '../../../../test/servers/certificate.ts';
import { postgresMissing, startPostgres } from '../../../../test/servers/postgres.ts';
import type { Config } from '../capabilities/core/capability.ts';
import { CapabilityError } from '../capabilities/core/error.ts';
import { openCapability } from '../capabilities/core/open.ts';

/** `app` is let in by a certificate alone, `secure` by one and a password. */
const access = [
  'hostssl all app 127.0.0.1/32 cert',
  'hostssl all secure 127.0.0.1/32 scram-sha-256 clientcert=verify-full',
  'host all app,secure 127.0.0.1/32 reject',
];

async function start(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'slight-certificates-'));
  t.after(() => rm(folder, { recursive: true }));
  const server = await startPostgres({ tls: true, access });
  const opened: { close(): unknown }[] = [];
  t.after(async () => {
    await Promise.all(opened.map((each) => each.close()));
    await server.stop();
  });
  const trusted = getCACertificates('default');
  const trust = (certificate: string) => setDefaultCACertificates([...trusted, certificate]);
  trust(server.tls!.certificate);
  t.after(() => setDefaultCACertificates(trusted));
  server.ask("create role app login; create role secure login password 'secret' in role app");
  server.ask('grant create on schema public to app');

  async function open(login: string, config: Config, mode = 'verify-full') {
    const bind = `postgres://${login}@localhost:${server.port}/test?sslmode=${mode}`;
    const surroundings = { dataDir: join(folder, '.slight'), timeout: 2_000 };
    const store = await openCapability('keyvalue', { name: 'notes', bind, config }, surroundings);
    opened.push(store);
    return store;
  }
  async function write(name: string, { certificate, key }: Certificate): Promise<void> {
    await writeFile(join(folder, `${name}.pem`), certificate);
    await writeFile(join(folder, `${name}.key`), key);
  }
  return { server, open, write, trust };
}

async function failure(call: () => unknown): Promise<CapabilityError> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof CapabilityError, String(error));
    assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /PRIVATE KEY/);
    return error;
  }
  return assert.fail('it did not fail');
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 15_000; ; await sleep(50)) {
    if (await holds().catch(() => false)) return;
    assert.ok(performance.now() < end, 'it did not come');
  }
}

const files = (name: string): Config => ({
  'certificate-file': `${name}.pem`,
  'key-file': `./${name}.key`,
});

test('a certificate lets in whom it is made out to', { skip: postgresMissing }, async (t) => {
  const { server, open, write } = await start(t);
  const [app, secure] = [server.makeUserCertificate('app'), server.makeUserCertificate('secure')];
  await write('app', app);
  await write('secure', secure);
  const store = await open('app', files('app'));
  await store.set('key', Buffer.from('1'));
  // Who listens has a connection of its own.
  const watch = await store.watch({ key: 'key' });
  watch.close();
  await open('app', { 'certificate-file': 'app.pem', key: app.key });
  await open('app', files('app'), 'require');
  await open('secure:secret', files('secure')).then((other) => other.close(), assert.fail);

  for (const [login, config, expected] of [
    ['app', {}, /requires a valid client certificate.*certificate beside it/],
    ['app', files('secure'), /certificate authentication failed/],
    ['secure:secret', files('app'), /certificate beside it/],
    ['secure:wrong', files('secure'), /password/],
  ] as const) {
    const error = await failure(() => open(login, config));
    assert.equal(error.code, 'unauthenticated', error.message);
    assert.match(error.message, expected);
  }
});

test(
  'a certificate that nobody vouches for is refused, and so is what is none',
  { skip: postgresMissing },
  async (t) => {
    const { server, open, write } = await start(t);
    const other = await startPostgres({ tls: true });
    await write('stranger', other.makeUserCertificate('app'));
    await other.stop();
    const stranger = await failure(() => open('app', files('stranger')));
    assert.equal(stranger.code, 'unauthenticated', stranger.message);
    assert.match(stranger.message, /refused the certificate/);

    const app = server.makeUserCertificate('app');
    await write('app', app);
    await write('mixed', { ...app, key: server.makeUserCertificate('app').key });
    await write('none', { certificate: 'none', key: app.key });
    for (const [config, expected, mode] of [
      [files('mixed'), /not of one another/],
      [files('none'), /PEM/],
      [files('absent'), /absent\.pem, which `certificate-file` names.*ENOENT/],
      [{ 'certificate-file': 'app.pem' }, /one of `key-file` and `key`/],
      [{ 'key-file': 'app.key' }, /one of `key-file` and `key`/],
      [{ ...files('app'), key: app.key }, /one of `key-file` and `key`/],
      [files('app'), /over TLS alone/, 'disable'],
    ] as const) {
      const error = await failure(() => open('app', config, mode));
      assert.equal(error.code, 'invalid-argument', error.message);
      assert.match(error.message, expected);
    }
  },
);

test(
  'a certificate that was renewed is shown with the next connection',
  { skip: postgresMissing },
  async (t) => {
    const { server, open, write, trust } = await start(t);
    const former = server.makeUserCertificate('app');
    await write('app', former);
    const store = await open('app', files('app'));
    const watch = await store.watch({ key: 'key' });
    t.after(() => watch.close());
    const end = () =>
      server.ask("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'slight'");
    /** What was shown to the server, by their numbers. */
    const shown = () =>
      server.ask(
        "select distinct client_serial from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'slight'",
      );
    const heard = async (value: string) => {
      await eventually(async () => {
        await store.set('key', Buffer.from(value));
        return (await watch.next(500)).changes.length > 0;
      });
    };
    const first = shown();

    // While it is being written, the former one goes on.
    await write('app', { ...former, key: 'half' });
    end();
    await heard('1');
    assert.equal(shown(), first);

    trust(server.renewCertificate());
    await write('app', server.makeUserCertificate('app'));
    end();
    await heard('2');
    assert.notEqual(shown(), first);

    // Who shows the former one is refused.
    await write('former', former);
    assert.equal((await failure(() => open('app', files('former')))).code, 'unauthenticated');
  },
);
