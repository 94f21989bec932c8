import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { redisMissing, startRedis } from '../../../test/servers/redis.ts';
import type { RedisServer } from '../../../test/servers/redis.ts';
import { buildScriptGuest } from './guests.ts';
import { appFolder, runCommand, serveApp, waitUntil } from './slight.ts';

const skip = { skip: redisMissing };
const password = 'open/sesame@1';
let component: Uint8Array;
let redis: RedisServer;
before(async () => {
  if (redisMissing !== false) return;
  [component, redis] = await Promise.all([buildScriptGuest(), startRedis({ password })]);
});
after(() => redis?.stop());

async function folderFor(bind: string, rest = ''): Promise<string> {
  const slightfile = `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n${rest}\n[keyvalue]\nnotes = ${JSON.stringify(bind)}\n`;
  return await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
}

test('credentials that the server refuses end the start, and are not shown', skip, async () => {
  const folder = await folderFor(redis.url.replace(encodeURIComponent(password), 'wrong-hunter2'));
  const { code, stderr, stdout } = await runCommand(folder, ['run', '--address', '127.0.0.1:0']);
  assert.equal(code, 1);
  assert.match(
    stderr,
    new RegExp(`slightfile\\.toml:6:\\d+: keyvalue "notes" \\(redis://127\\.0\\.0\\.1:${redis.port}\\)`),
  );
  assert.match(stderr, /fix: check the user and the password/);
  assert.doesNotMatch(stderr + stdout, /hunter2|^\s+at /m);
});

test('what is wrong with a bind is readable behind what hides credentials', skip, async () => {
  const place = `keyvalue "notes" \\(redis://127\\.0\\.0\\.1:${redis.port}`;
  const refusals: [string, string][] = [
    [
      `redis://127.0.0.1:${redis.port}`,
      `${place}\\): Redis refused: NOAUTH .*put it into the bind\\n.*\\n.*\\n {2}fix: `,
    ],
    [
      `${redis.url}/99`,
      `${place}/99\\): the server does not have .*; 0 is always there\\n {2}6 \\| notes = `,
    ],
    [`${redis.url}/x`, `${place}/x\\): the bind needs a host, .*; no query\\n {2}6 \\| notes = `],
  ];
  for (const [bind, expected] of refusals) {
    const { code, stderr } = await runCommand(await folderFor(bind), ['run', '--address', '127.0.0.1:0']);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(expected));
    assert.doesNotMatch(stderr, /sesame/);
  }
});

test('the right credentials are not shown either', skip, async () => {
  const app = await serveApp(await folderFor(redis.url));
  assert.equal((await app.get('/notes/a', { method: 'PUT', body: 'kept' })).status, 200);
  assert.equal((await app.get('/notes/a')).body, '"kept"');
  const { stderr } = await app.stop();
  assert.ok(stderr.includes(`redis://127.0.0.1:${redis.port}\n`));
  assert.doesNotMatch(stderr, /sesame/);
});

test('a worker reaches a server over TLS', skip, async () => {
  const secure = await startRedis({ tls: true });
  try {
    const { port, certificate } = secure.tls!;
    const folder = await folderFor(`rediss://localhost:${port}`);
    const path = join(folder, 'certificate.pem');
    await writeFile(path, certificate);
    const app = await serveApp(folder, [], { NODE_EXTRA_CA_CERTS: path });
    assert.equal((await app.get('/notes/a', { method: 'PUT', body: 'kept' })).status, 200);
    assert.equal((await app.get('/notes/a')).body, '"kept"');
    assert.equal((await app.stop()).code, 0);
  } finally {
    await secure.stop();
  }
});

test('a server that says nothing ends the start', skip, async () => {
  redis.pause();
  try {
    const { code, stderr } = await runCommand(await folderFor(redis.url), [
      'run',
      '--address',
      '127.0.0.1:0',
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /keyvalue "notes" .*\n.*\n.*\n {2}fix: start that server/);
  } finally {
    redis.resume();
  }
});

test('an app that may start degraded does, says so, and is well when the server comes', skip, async (t) => {
  t.after(() => redis.restart());
  await redis.kill();
  const folder = await folderFor(redis.url, 'start = "degraded"');
  const app = await serveApp(folder, ['--health', '127.0.0.1:0']);
  const health = app.health!;
  assert.match(app.stderr(), /started without keyvalue "notes"/);
  assert.equal((await fetch(health)).status, 503);
  assert.equal((await app.get('/')).status, 200);
  assert.equal((await app.get('/notes/a')).status, 503, 'the SDK makes 503 of unavailable');
  await redis.restart();
  await waitUntil('the store answers', async () => (await app.get('/notes/a')).status === 200);
  assert.equal((await fetch(health)).status, 200);
  assert.equal((await app.stop()).code, 0);
});

test('a worker that starts while the server is away is started again until it is back', skip, async (t) => {
  const app = await serveApp(await folderFor(redis.url));
  t.after(() => redis.restart());
  await redis.kill();
  process.kill(await app.worker(), 'SIGKILL');
  await waitUntil('a worker failed', () =>
    /worker process could not be started \([^)]*keyvalue "notes"/.test(app.stderr()),
  );
  await redis.restart();
  await waitUntil('another listens', () => app.stderr().includes('listening again'));
  assert.equal((await app.get('/notes/a')).status, 200);
  assert.equal((await app.stop()).code, 0);
});

test(
  'a server that stays away is left alone, as the slightfile says, and found when it is back',
  skip,
  async () => {
    const server = await startRedis();
    const rest = '[resilience]\nretries = 0\nbreaker = 2\n[telemetry]\nmetrics = true';
    try {
      const app = await serveApp(await folderFor(server.url, rest), ['--health', '127.0.0.1:0']);
      const open = async () => {
        const text = await (await fetch(new URL('/metrics', app.health))).text();
        return /^slight_breaker_open\{capability="keyvalue",name="notes"\} (\d)$/m.exec(text)?.[1];
      };
      assert.equal(await open(), '0');
      assert.equal((await app.get('/notes/a', { method: 'PUT', body: 'kept' })).status, 200);
      await server.kill();
      await waitUntil('it is left alone', async () => {
        assert.notEqual((await app.get('/notes/a')).status, 200);
        return app.stderr().includes('left alone');
      });
      assert.equal(await open(), '1');
      await server.restart();
      await waitUntil('it is asked again', async () => (await app.get('/notes/a')).body === '"kept"');
      assert.equal(await open(), '0');
      const { stderr } = await app.stop();
      assert.match(stderr, /left alone for a while after 2 operations in a row found it away/);
      assert.match(stderr, /answers again/);
    } finally {
      await server.stop();
    }
  },
);
