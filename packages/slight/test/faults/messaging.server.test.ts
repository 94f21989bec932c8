import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { mosquittoMissing, startMosquitto } from '../../../../test/servers/mosquitto.ts';
import { startNatsLeader } from '../../../../test/servers/nats-cluster.ts';
import { natsIsOld, natsMissing, startNats } from '../../../../test/servers/nats.ts';
import { startProxy } from '../../../../test/servers/proxy.ts';
import { redisMissing, startRedis } from '../../../../test/servers/redis.ts';
import type { TestServer } from '../../../../test/servers/server.ts';
import { openCapability } from '../../src/capabilities/core/open.ts';
import { buildScriptGuest } from '../guests.ts';
import { startMessageApp } from './messaging-app.ts';
import {
  countRevenants,
  findFaults,
  isLate,
  listHandled,
  type MessageAttempt,
  type MessageLine,
} from './messaging-record.ts';
import {
  assertHonest,
  concurrency,
  eventually,
  faults,
  recovers,
  rounds,
  startFaultProcess,
  timeout,
  type FaultProcess,
} from './processes.ts';
import { now } from './record.ts';

interface Broker {
  readonly skip: string | false;
  start(): Promise<TestServer & { follower?(): Promise<TestServer> }>;
  readonly ordered?: boolean;
  /** More of what stands beside its bind. */
  readonly settings?: { readonly replicas: number };
}

const brokers: { readonly [name: string]: Broker } = {
  redis: { skip: redisMissing, start: startRedis, ordered: true },
  nats: { skip: natsMissing, start: startNats },
  'a cluster of nats': {
    skip: natsMissing || (natsIsOld && 'a nats-server before 2.10 loses messages that have replicas'),
    start: () => startNatsLeader('slight-faults'),
    settings: { replicas: 3 },
  },
  mqtt: { skip: mosquittoMissing, start: startMosquitto },
};
const guest = buildScriptGuest('consumer');
/** Milliseconds. */
const lease = 3_000;
const killed = 'the server is killed and comes back';

async function prove(t: TestContext, { start, ordered = false, settings }: Broker): Promise<void> {
  const server = await start();
  const link = await startProxy(server.port);
  t.after(async () => {
    await link.close();
    await server.stop();
  });
  const config = {
    lease: `${lease}ms`,
    attempts: 1_000,
    ...(ordered && { order: 'key' }),
    ...settings,
  };
  const surroundings = { dataDir: tmpdir(), timeout: 10_000 };
  const messages = await openCapability(
    'messaging',
    { name: 'faults', bind: server.url, config },
    surroundings,
  );
  t.after(() => messages.close());
  await messages.subscribe('workers', ['work']);
  const app = await startMessageApp(
    await guest,
    server.url,
    Object.entries(config)
      .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
      .join(', '),
  );

  // One process goes through a link of its own, which is cut for it alone.
  const through = server.url.replace(`:${server.port}`, `:${link.port}`);
  const begin = (bind: string): FaultProcess<MessageLine> =>
    startFaultProcess(t, 'messaging-client.ts', bind, String(timeout), JSON.stringify(config));
  const running = [server.url, server.url, through].map(begin);
  /** What those said that are no more. */
  const ended: MessageLine[] = [];
  const linesOf = () => [...ended, ...running.flatMap(({ lines }) => lines())];
  const attemptsIn = (lines: readonly MessageLine[]) => lines.filter((line) => 'name' in line);

  /** Everybody publishes, consumes and hears everybody. */
  function work(since: number): Promise<void> {
    const good = (each: FaultProcess<MessageLine>, name: string): readonly MessageAttempt[] =>
      attemptsIn(each.lines()).filter(
        (found) => found.name === name && found.from > since && found.failure === undefined,
      );
    const hears = (each: FaultProcess<MessageLine>, other: FaultProcess<MessageLine>): boolean => {
      const heard = new Set(each.lines().map((line) => ('heard' in line ? line.heard : '')));
      return good(other, 'broadcast').some(({ texts = [] }) => heard.has(texts[0] ?? ''));
    };
    return eventually(
      'all publish, consume and hear each other',
      () =>
        running.every(
          (each) =>
            good(each, 'publish').length > 0 &&
            good(each, 'ack').length > 0 &&
            running.every((other) => hears(each, other)),
        ),
      running,
    );
  }

  async function killOne(): Promise<void> {
    const one = running[0]!;
    await one.kill();
    ended.push(...one.lines());
    running[0] = begin(server.url);
    running[0].tell('on');
  }

  const { follower } = server;
  const troubles: typeof faults = {
    ...faults,
    'a process is killed, and another one comes': killOne,
    ...(follower && {
      'a server that follows is killed and comes back': async () => faults[killed]!(await follower(), link),
    }),
  };
  for (const each of running) each.tell('on');
  for (let round = 0; round < rounds; round++)
    for (const [name, trouble] of Object.entries(troubles)) {
      await work(now());
      await sleep(Math.random() * 100);
      const begun = now();
      await trouble(server, link);
      await work(now());
      const since = attemptsIn(linesOf()).filter(({ until }) => until > begun);
      t.diagnostic(
        `${name}: ${assertHonest(
          since.filter((each) => !isLate(each)),
          300,
        )}`,
      );
    }

  for (const each of running) each.tell('off');
  for (const group of ['workers', 'app'])
    await recovers(async () =>
      assert.deepEqual(await messages.count(group), { waiting: 0, leased: 0, dead: 0 }, group),
    );
  for (const each of running) await each.finish();
  const lines = linesOf();
  const handled = [...listHandled(lines).values()];
  const confirmed = attemptsIn(lines).filter(({ name, failure }) => name === 'publish' && !failure).length;
  const twice = handled.filter((times) => times.length > 1).length;
  t.diagnostic(
    `${confirmed} confirmed, ${handled.length} handled, ${twice} of them more than once, ` +
      `${countRevenants(lines)} after they were acked`,
  );
  assert.deepEqual(findFaults(lines, { lease, ordered }), []);

  const published = attemptsIn(lines).filter(({ name }) => name === 'publish');
  const brought = await app.lines();
  t.diagnostic(`the app was brought ${brought.length}`);
  assert.deepEqual(findFaults([...published, ...brought], { lease, ordered }), [], 'of the app');
  await app.stop();
}

void suite(
  'messages in trouble: what was confirmed is handled, no failure lies, all go on',
  { concurrency },
  () => {
    for (const [name, broker] of Object.entries(brokers))
      void test(name, { skip: broker.skip, timeout: 90_000 + rounds * 60_000 }, (t) => prove(t, broker));
  },
);
