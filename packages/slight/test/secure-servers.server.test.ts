import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test, type TestContext } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { inspect } from 'node:util';
import { etcdMissing, startEtcd } from '../../../test/servers/etcd.ts';
import { natsMissing, startNats } from '../../../test/servers/nats.ts';
import { postgresMissing, startPostgres } from '../../../test/servers/postgres.ts';
import type { TestServer } from '../../../test/servers/server.ts';
import { CapabilityError } from '../src/capabilities/core/error.ts';
import { openCapability } from '../src/capabilities/core/open.ts';
import type { KeyValue } from '../src/capabilities/keyvalue/contract.ts';
import { buildScriptGuest } from './guests.ts';
import { appFolder, runCommand, serveApp } from './slight.ts';

/** Of every server here. */
const password = 'S3same/@:% #?é';
const wrong = 'W5ong/@:% #?é';
/** What no text may show: parts that stay the same however a password is encoded. */
const canary = /S3same|W5ong/;

type SecureServer = TestServer & {
  readonly tls: { readonly port: number; readonly certificate: string } | undefined;
};

interface Kind {
  readonly name: string;
  readonly skip: string | false;
  readonly user: string;
  start(): Promise<SecureServer>;
  /** @param login with what follows it (`user:password@`), or empty */
  bind(login: string, place: string): string;
}

const kinds: readonly Kind[] = [
  {
    name: 'NATS',
    skip: natsMissing,
    user: 'tester',
    start: () => startNats({ tls: true, user: 'tester', password }),
    bind: (login, place) => `nats://${login}${place}?tls=true`,
  },
  {
    name: 'etcd',
    skip: etcdMissing,
    user: 'root',
    start: () => startEtcd({ tls: true, password, tokenTtl: 1 }),
    bind: (login, place) => `etcds://${login}${place}`,
  },
  {
    name: 'PostgreSQL',
    skip: postgresMissing,
    user: 'postgres',
    start: () => startPostgres({ tls: true, password }),
    bind: (login, place) => `postgres://${login}${place}/test?sslmode=verify-full`,
  },
];

async function open(t: TestContext, bind: string, timeout = 2_000): Promise<KeyValue> {
  const store = await openCapability(
    'keyvalue',
    { name: 'notes', bind, config: {} },
    { dataDir: 'unused', timeout },
  );
  t.after(() => store.close());
  return store;
}

async function failure(call: () => unknown): Promise<CapabilityError> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof CapabilityError, inspect(error));
    for (const text of [
      inspect(error, { depth: 9, showHidden: true }),
      JSON.stringify(error),
      String(error.stack),
    ])
      assert.doesNotMatch(text, canary);
    return error;
  }
  return assert.fail('it did not fail');
}

function trust(t: TestContext, { tls }: SecureServer): void {
  const trusted = getCACertificates('default');
  setDefaultCACertificates([...trusted, tls!.certificate]);
  t.after(() => setDefaultCACertificates(trusted));
}

async function works(store: KeyValue): Promise<void> {
  await store.set('key', Buffer.from('kept'));
  assert.equal(Buffer.from((await store.get('key'))!).toString(), 'kept');
}

const login = (user: string, secret: string): string => `${user}:${encodeURIComponent(secret)}@`;

let component: Uint8Array;
before(async () => void (component = await buildScriptGuest()));

for (const { name, skip, user, start, bind } of kinds) {
  void suite(`${name} with TLS and a password`, { skip }, () => {
    let server: SecureServer;
    let place: string;
    let right: string;
    before(async () => {
      server = await start();
      place = `localhost:${server.tls!.port}`;
      right = bind(login(user, password), place);
    });
    after(() => server?.stop());

    const folderFor = (where: string) => {
      const slightfile = `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n[keyvalue]\nnotes = "${where}"\n`;
      return appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
    };

    void test('a certificate that nobody trusts is unavailable', async (t) => {
      const error = await failure(() => open(t, right));
      assert.deepEqual([error.code, error.outcome], ['unavailable', 'none']);
      assert.match(error.message, /: the server cannot be reached: self-signed certificate/);
    });

    void test('a trusted one works, for the name that it is made out to', async (t) => {
      trust(t, server);
      await works(await open(t, right));
      const error = await failure(() => open(t, right.replace('@localhost', '@127.0.0.1')));
      assert.deepEqual([error.code, error.outcome], ['unavailable', 'none']);
      assert.match(error.message, /: the server cannot be reached: .*does not match certificate/);
    });

    void test('wrong and missing passwords are unauthenticated, and no text shows one', async (t) => {
      trust(t, server);
      // One whose percent sign was left as it is counts as it is written.
      for (const refused of [login(user, wrong), login('nobody', wrong), `${user}:W5ong%zz@`, '']) {
        const error = await failure(() => open(t, bind(refused, place)));
        assert.equal(error.code, 'unauthenticated', `${refused}: ${error.message}`);
        assert.match(error.message, /password/);
      }
    });

    void test('a worker reaches it, and nothing that is printed shows the password', async () => {
      const folder = await folderFor(right);
      const path = join(folder, 'certificate.pem');
      await writeFile(path, server.tls!.certificate);
      const app = await serveApp(folder, [], { NODE_EXTRA_CA_CERTS: path });
      assert.equal((await app.get('/notes/a', { method: 'PUT', body: 'kept' })).status, 200);
      assert.equal((await app.get('/notes/a')).body, '"kept"');
      const { code, stdout, stderr } = await app.stop();
      assert.equal(code, 0);
      assert.doesNotMatch(stdout + stderr, canary);
    });

    void test('the start ends with the line and what to do', async () => {
      const path = join(await appFolder({ 'ca.pem': server.tls!.certificate }), 'ca.pem');
      const tries = [
        [right, {}, /self-signed certificate.*\n.*\n.*\n {2}fix: .* NODE_EXTRA_CA_CERTS=/],
        [
          bind(login(user, wrong), place),
          { NODE_EXTRA_CA_CERTS: path },
          /\n {2}fix: check the user and the password/,
        ],
      ] as const;
      await Promise.all(
        tries.map(async ([where, env, expected]) => {
          const { code, stdout, stderr } = await runCommand(
            await folderFor(where),
            ['run', '--address', '127.0.0.1:0'],
            env,
          );
          assert.equal(code, 1);
          assert.match(stderr, expected);
          assert.match(stderr, /slightfile\.toml:5:9: keyvalue "notes" \(/);
          assert.doesNotMatch(stdout + stderr, canary);
        }),
      );
    });
  });
}
