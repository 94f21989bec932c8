import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { etcdMissing, startEtcd } from '../../../test/servers/etcd.ts';
import { mosquittoMissing, startMosquitto } from '../../../test/servers/mosquitto.ts';
import { natsMissing, startNats } from '../../../test/servers/nats.ts';
import { postgresMissing, startPostgres } from '../../../test/servers/postgres.ts';
import { redisMissing, startRedis } from '../../../test/servers/redis.ts';
import type { CapabilityName } from '../src/capabilities/core/capability.ts';
import { CapabilityError } from '../src/capabilities/core/error.ts';
import { openCapability } from '../src/capabilities/core/open.ts';
import { appFolder, runCommand } from './slight.ts';
import { buildScriptGuest } from './guests.ts';

const skip = redisMissing || natsMissing || mosquittoMissing || etcdMissing || postgresMissing;

/** Ports of servers, by what answers there. */
const ports = new Map<string, number>();
const ends: (() => unknown)[] = [];

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  ends.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

before(async () => {
  if (skip !== false) return;
  const [redis, nats, mosquitto, etcd, postgres] = await Promise.all([
    startRedis({ tls: true }),
    startNats(),
    startMosquitto({ tls: true }),
    startEtcd(),
    startPostgres(),
  ]);
  for (const server of [redis, nats, mosquitto, etcd, postgres]) ends.push(() => server.stop());
  ports.set('Redis', redis.port).set('NATS', nats.port).set('MQTT', mosquitto.port);
  ports.set('etcd', etcd.port).set('PostgreSQL', postgres.port);
  ports.set('Redis over TLS', redis.tls!.port).set('MQTT over TLS', mosquitto.tls!.port);
  ports.set('HTTP', await listen(createHttp((_request, response) => response.end('<h1>A page</h1>'))));
  // As servers of mail do.
  ports.set(
    'others',
    await listen(createServer((socket) => socket.on('error', () => undefined).end('220 hello\r\n'))),
  );
});

after(async () => {
  for (const end of ends) await end();
});

interface Bind {
  readonly capability: CapabilityName;
  readonly kind: string;
  readonly tls?: boolean;
  /** What is said where a server of that kind answers. */
  readonly own?: RegExp;
  readonly url: (port: number) => string;
}

const binds: readonly Bind[] = [
  { capability: 'keyvalue', kind: 'Redis', url: (port) => `redis://127.0.0.1:${port}` },
  { capability: 'keyvalue', kind: 'Redis', tls: true, url: (port) => `rediss://localhost:${port}` },
  {
    capability: 'keyvalue',
    kind: 'Redis',
    own: /the server is no cluster: let the bind begin with redis$/,
    url: (port) => `redis+cluster://127.0.0.1:${port},127.0.0.1:${port}`,
  },
  {
    capability: 'locks',
    kind: 'Redis',
    own: /: what answers there is Redis, and no sentinel$/,
    url: (port) => `redis+sentinel://127.0.0.1:${port}?master=main`,
  },
  { capability: 'messaging', kind: 'NATS', url: (port) => `nats://127.0.0.1:${port}` },
  { capability: 'keyvalue', kind: 'NATS', url: (port) => `nats://127.0.0.1:${port}` },
  { capability: 'keyvalue', kind: 'NATS', tls: true, url: (port) => `nats://localhost:${port}?tls=true` },
  { capability: 'keyvalue', kind: 'PostgreSQL', url: (port) => `postgres://u:p@127.0.0.1:${port}/test` },
  {
    capability: 'keyvalue',
    kind: 'PostgreSQL',
    tls: true,
    url: (port) => `postgres://u:p@localhost:${port}/test?sslmode=verify-full`,
  },
  { capability: 'keyvalue', kind: 'etcd', url: (port) => `etcd://127.0.0.1:${port}` },
  { capability: 'keyvalue', kind: 'etcd', tls: true, url: (port) => `etcds://localhost:${port}` },
  { capability: 'messaging', kind: 'MQTT', url: (port) => `mqtt://127.0.0.1:${port}` },
  { capability: 'messaging', kind: 'MQTT', tls: true, url: (port) => `mqtts://localhost:${port}` },
];

/** What is said of a bind to a server of this kind; of its own kind, what that server says itself. */
function expectedOf({ kind, tls = false, own }: Bind, server: string): RegExp {
  const [there, secure] = [server.replace(/ over TLS$/, ''), server.endsWith(' over TLS')];
  if (there === 'others') return new RegExp(`: what answers there does not speak ${kind}$`);
  if (secure && !tls) return new RegExp(`: what answers there does not speak ${kind}: it looks like TLS$`);
  if (there !== kind)
    return new RegExp(`: what answers there does not speak ${kind}: it looks like ${server}$`);
  if (own !== undefined) return own;
  if (secure) return /: the server cannot be reached: self-signed certificate/;
  if (tls) return new RegExp(`: what answers there speaks ${kind} without TLS, and the bind asks for TLS$`);
  return kind === 'PostgreSQL' ? /PostgreSQL refused: password/ : /^opened$/;
}

suite('a bind to another kind of server says what answers there', { skip }, () => {
  for (const bind of binds) {
    test(bind.url(0), async () => {
      const said = await Promise.all(
        [...ports].map(async ([server, port]) => [server, await tryToOpen(bind, port)] as const),
      );
      assert.equal(said.length, 9);
      for (const [server, { message, fix }] of said) {
        const expected = expectedOf(bind, server);
        assert.match(message, expected, server);
        if (/does not speak/.test(expected.source))
          assert.match(
            fix ?? '',
            /the right port\? (\S+|Sentinels of Redis) usually listens? on \d+$/,
            server,
          );
        assert.doesNotMatch(message, /report|RESP|SSL routines/, server);
      }
    });
  }
});

async function tryToOpen(
  { capability, url }: Bind,
  port: number,
): Promise<{ message: string; fix?: string | undefined }> {
  try {
    const bind = { name: 'a', bind: url(port), config: {} };
    const opened = await openCapability(capability, bind, { dataDir: 'unused', timeout: 2_000 });
    await opened.close();
    return { message: 'opened' };
  } catch (error) {
    assert.ok(error instanceof CapabilityError);
    return error;
  }
}

test('the start ends with the line of the slightfile and what to do', { skip }, async () => {
  const component = await buildScriptGuest();
  const tries = [
    [
      `redis://127.0.0.1:${ports.get('NATS')}`,
      / does not speak Redis: it looks like NATS\n {2}5 \| notes = .*\n.*\^\n {2}fix: is \d+ the right port\? Redis usually listens on 6379\n/,
    ],
    [
      `redis://127.0.0.1:${ports.get('Redis over TLS')}`,
      /looks like TLS\n.*\n.*\n {2}fix: where it is Redis, write rediss: in place of redis:; else, is \d+ the right/,
    ],
    [
      `rediss://localhost:${ports.get('Redis')}`,
      /asks for TLS\n.*\n.*\n {2}fix: write redis: in place of rediss:, or name a port that has TLS\n/,
    ],
    [
      `rediss://localhost:${ports.get('Redis over TLS')}`,
      /self-signed certificate.*\n.*\n.*\n {2}fix: check the name of the server; .* NODE_EXTRA_CA_CERTS=/,
    ],
  ] as const;
  for (const [bind, expected] of tries) {
    const slightfile = `specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n[keyvalue]\nnotes = "${bind}"\n`;
    const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
    const { code, stderr } = await runCommand(folder, ['run', '--address', '127.0.0.1:0']);
    assert.equal(code, 1);
    assert.match(stderr, expected);
    assert.match(stderr, /slightfile\.toml:5:9: keyvalue "notes" \(/);
  }
});
