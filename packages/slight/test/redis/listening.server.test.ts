import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { redisMissing, startRedis } from '../../../../test/servers/redis.ts';
import { openAll, openStore, recovers } from './work.ts';

const options = { skip: redisMissing, timeout: 60_000 };

async function start(t: TestContext) {
  const server = await startRedis({ settings: ['--notify-keyspace-events', 'KA'] });
  t.after(() => server.stop());
  const listeners = async () =>
    (await server.ask('CLIENT LIST TYPE pubsub')).match(/^id=|\nid=/g)?.length ?? 0;
  return { server, listeners };
}

test('who may not listen for a while hears again once it may', options, async (t) => {
  const { server } = await start(t);
  await server.ask('ACL SETUSER app on >p ~* +@all allchannels');
  const store = await openStore(t, server.url.replace('//', '//app:p@'));
  const watch = await store.watch({ key: 'k' });
  // That ends the connections that listen.
  await server.ask('ACL SETUSER app resetchannels');
  await recovers(async () => assert.match(await server.ask('ACL LOG'), /\bchannel\b/));
  await server.ask('ACL SETUSER app allchannels');
  await recovers(async () => {
    await store.set('k', Buffer.from('v'));
    const { changes } = await watch.next(100);
    assert.ok(changes.length > 0);
  });
});

test('no connection stays of what was closed while somebody began to listen', options, async (t) => {
  const { server, listeners } = await start(t);
  // The others share its connection.
  const kept = await openStore(t, server.url);
  await kept.set('k', Buffer.from('v'));
  for (let turns = 0; turns < 12; turns++) {
    const { store, locks, messages } = await openAll(t, server.url);
    await locks.acquire('l', 10_000, 0);
    const begun = [
      store.watch({ key: 'k' }),
      locks.acquire('l', 1_000, 1_000),
      messages.listen(['news']),
    ].map((each) => Promise.resolve(each).catch(() => undefined));
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    await Promise.all([store, locks, messages].map((each) => each.close()));
    await Promise.all(begun);
  }
  await recovers(async () => assert.equal(await listeners(), 0));
});
