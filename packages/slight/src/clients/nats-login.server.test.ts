import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { makeAccountUsers, makeKeyUser, type NatsUsers } from '../../../../test/servers/nats-users.ts';
import { natsMissing, startNats } from '../../../../test/servers/nats.ts';
import type { Config } from '../capabilities/core/capability.ts';
import { CapabilityError } from '../capabilities/core/error.ts';
import { openCapability } from '../capabilities/core/open.ts';

async function start(t: TestContext, users: NatsUsers) {
  const folder = await mkdtemp(join(tmpdir(), 'slight-credentials-'));
  t.after(() => rm(folder, { recursive: true }));
  const server = await startNats({ users });
  t.after(() => server.stop());
  const opened: { close(): unknown }[] = [];
  t.after(() => Promise.all(opened.splice(0).map((each) => each.close())));

  async function open<Name extends 'keyvalue' | 'locks' | 'messaging'>(
    capability: Name,
    config: Config,
    url = server.url,
  ) {
    const surroundings = { dataDir: join(folder, '.slight'), timeout: 2_000 };
    const made = await openCapability(capability, { name: 'notes', bind: url, config }, surroundings);
    opened.push(made);
    return made;
  }
  const write = (text: string) => writeFile(join(folder, 'app.creds'), text);
  return { open, write, url: server.url };
}

async function failure(call: () => unknown, hidden: string): Promise<CapabilityError> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof CapabilityError, String(error));
    const [secret = 'S3same'] = /SU\w{56}/.exec(hidden) ?? [];
    assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(secret), 'the seed is shown');
    return error;
  }
  return assert.fail('it did not fail');
}

void suite('NATS that knows who asks by their keys', { skip: natsMissing }, () => {
  void test('the seed of an nkey lets in, and no other', async (t) => {
    const users = makeKeyUser();
    const { open, write, url } = await start(t, users);
    const seed = users.makeCredentials();
    const store = await open('keyvalue', { credentials: seed });
    await store.set('key', Buffer.from('1'));
    await write(seed);
    const same = await open('keyvalue', { 'credentials-file': './app.creds' });
    assert.deepEqual(await same.get('key'), Buffer.from('1'));

    const other = makeKeyUser().makeCredentials();
    for (const config of [{}, { credentials: other }] as Config[]) {
      const error = await failure(() => open('keyvalue', config), other);
      assert.equal(error.code, 'unauthenticated', error.message);
      assert.match(error.message, /credentials beside it/);
    }
    // The last letter is part of what shows that it was copied whole; two of its five bits stand for nothing.
    const broken = seed.trim().slice(0, -1) + (seed.trim().endsWith('A') ? 'E' : 'A');
    for (const [config, expected] of [
      [{ credentials: broken }, /`credentials` holds neither/],
      [{ credentials: 'S3same' }, /`credentials` holds neither/],
      [{ 'credentials-file': 'none.creds' }, /none\.creds, which `credentials-file` names.*ENOENT/],
      [{ 'credentials-file': 'app.creds', credentials: seed }, /more than once/],
    ] as const) {
      const error = await failure(() => open('keyvalue', config), seed);
      assert.equal(error.code, 'invalid-argument');
      assert.match(error.message, expected);
    }
    const twice = url.replace('//', '//user:S3same@');
    const error = await failure(() => open('keyvalue', { credentials: seed }, twice), seed);
    assert.match(error.message, /more than once/);
  });

  void test('credentials of an account let in whatever is bound with them', async (t) => {
    const users = makeAccountUsers();
    const { open, write } = await start(t, users);
    const credentials = users.makeCredentials();
    await write(credentials);
    const store = await open('keyvalue', { credentials });
    const locks = await open('locks', { 'credentials-file': 'app.creds' });
    const messages = await open('messaging', { credentials });
    await store.set('key', Buffer.from('1'));
    assert.ok(await locks.acquire('report', 5_000, 0));
    await messages.subscribe('workers', ['work']);
    await messages.publish('work', Buffer.from('1'));
    assert.equal((await messages.receive('workers', { wait: 2_000 })).length, 1);
    const stranger = makeAccountUsers().makeCredentials();
    assert.equal(
      (await failure(() => open('keyvalue', { credentials: stranger }), stranger)).code,
      'unauthenticated',
    );
  });

  void test('a file of credentials that was renewed is used when the former ones end', async (t) => {
    const users = makeAccountUsers();
    const { open, write } = await start(t, users);
    await write(users.makeCredentials(2));
    const store = await open('keyvalue', { 'credentials-file': 'app.creds' });
    await store.set('key', Buffer.from('1'));
    const recovers = async (call: () => unknown) => {
      for (const end = performance.now() + 60_000; ; await sleep(50)) {
        try {
          return await call();
        } catch (error) {
          if (performance.now() > end) throw error;
        }
      }
    };
    await recovers(async () =>
      assert.equal((await failure(() => store.get('key'), '')).code, 'unauthenticated'),
    );
    await write(users.makeCredentials());
    await recovers(async () => assert.deepEqual(await store.get('key'), Buffer.from('1')));
  });
});
