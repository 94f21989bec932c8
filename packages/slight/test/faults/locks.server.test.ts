import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { etcdMissing, startEtcd } from '../../../../test/servers/etcd.ts';
import { natsMissing, startNats } from '../../../../test/servers/nats.ts';
import { postgresMissing, startPostgres } from '../../../../test/servers/postgres.ts';
import { startProxy } from '../../../../test/servers/proxy.ts';
import { redisMissing, startRedis } from '../../../../test/servers/redis.ts';
import type { TestServer } from '../../../../test/servers/server.ts';
import { openCapability } from '../../src/capabilities/core/open.ts';
import { findViolations } from '../../src/capabilities/locks/history.ts';
import { buildScriptGuest } from '../guests.ts';
import { findHoldings, type HolderLine } from '../locks/holdings.ts';
import { startFaultGuest } from './guest.ts';
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
import type { Attempt } from './record.ts';

type Line = Attempt | HolderLine;
type Holder = FaultProcess<Line>;
/** What tells what it does. */
type Teller = Pick<Holder, 'lines' | 'assertAlive' | 'finish'>;

const backends: readonly (readonly [name: string, skip: string | false, start: () => Promise<TestServer>])[] =
  [
    ['redis', redisMissing, () => startRedis()],
    ['nats', natsMissing, startNats],
    ['etcd', etcdMissing, startEtcd],
    ['postgres', postgresMissing, startPostgres],
  ];

const guest = buildScriptGuest('holder');

/** Milliseconds. Not less than the shortest of etcd. */
const ttl = 2_000;
/** How long an app waits for the lock; processes wait as long. */
const wait = 1_000;
/** Of an attempt, beside its timeout: a holder waits for so long, and stands still for so long. */
const waits = wait + ttl + 1_500;

const eventsOf = (holder: Pick<Holder, 'lines'>): HolderLine[] =>
  holder.lines().filter((line) => 'event' in line);

async function serve(t: TestContext, start: () => Promise<TestServer>) {
  const server = await start();
  const link = await startProxy(server.port);
  const closing: (() => unknown)[] = [];
  t.after(async () => {
    for (const close of closing) await close();
    await link.close();
    // PostgreSQL waits for those who are connected.
    await server.kill();
    await server.stop();
  });
  const direct = server.url.replace('http:', 'etcd:');
  const through = direct.replace(`:${server.port}`, `:${link.port}`);
  return { server, link, closing, direct, through };
}

/**
 * Stops one while it has the lock, until another has had it and has written, and lets it go on: what it writes then, with its old
 * token, is refused.
 */
async function stopHolder(holders: readonly Holder[], running: readonly Teller[]): Promise<void> {
  // One of the writes may be on its way already; the next comes after it was stopped.
  const holds = (each: Holder): boolean => {
    const { event, left = 0 } = eventsOf(each).at(-1) ?? {};
    return (event === 'held' || event === 'wrote') && left >= 2;
  };
  let holder: Holder | undefined;
  await eventually(
    'one is stopped that has the lock',
    async () => {
      holder = holders.find(holds);
      holder?.signal('SIGSTOP');
      await sleep(20);
      // What it said before it stopped may say that it has let go.
      if (holder !== undefined && holds(holder)) return true;
      holder?.signal('SIGCONT');
      return false;
    },
    running,
  );
  const stopped = holder!;
  const { token } = eventsOf(stopped).at(-1)!;
  const newer = (line: HolderLine): boolean => line.event === 'wrote' && BigInt(line.token) > BigInt(token);
  await eventually(
    'another has written',
    () => running.some((each) => each !== stopped && eventsOf(each).some(newer)),
    running,
  );
  stopped.signal('SIGCONT');
  await eventually(
    'it is refused',
    () => eventsOf(stopped).some((line) => line.event === 'refused' && line.token === token),
    running,
  );
}

async function prove(t: TestContext, start: () => Promise<TestServer>): Promise<void> {
  const { server, link, closing, direct, through } = await serve(t, start);
  const holders = [direct, through].map((bind) =>
    startFaultProcess<Line>(t, 'holder.ts', bind, String(timeout), String(ttl)),
  );
  const app = await startFaultGuest<Line>(await guest, through, timeout, `/hold/${ttl}/${wait}`);
  const running: Teller[] = [...holders, app];
  const store = await openCapability(
    'keyvalue',
    { name: 'faults', bind: direct, config: {} },
    { dataDir: tmpdir(), timeout: 10_000 },
  );
  closing.push(() => store.close());
  const trouble: { readonly [name: string]: () => Promise<void> } = {
    ...Object.fromEntries(Object.entries(faults).map(([name, fault]) => [name, () => fault(server, link)])),
    'a holder stands still for longer than its ttl': () => stopHolder(holders, running),
  };
  const work = (before: readonly number[]): boolean =>
    running.every((each, i) =>
      eventsOf(each)
        .slice(before[i])
        .some(
          (line, at, all) =>
            line.event === 'wrote' && all.slice(at).some((then) => then.event === 'released'),
        ),
    );
  for (let round = 0; round < rounds; round++)
    for (const [name, fault] of Object.entries(trouble)) {
      const counts = () => running.map((each) => eventsOf(each).length);
      const before = counts();
      await eventually(`all work before ${name}`, () => work(before), running);
      await fault();
      const after = counts();
      await eventually(`all work after ${name}`, () => work(after), running);
    }
  for (const each of running) await each.finish();

  const events = running.flatMap(eventsOf);
  assert.deepEqual(findViolations(running.flatMap((each) => findHoldings(eventsOf(each)))), []);
  const list = Buffer.from((await recovers(() => store.get('list')))!)
    .toString()
    .split('\n')
    .slice(0, -1);
  const tokens = list.map((text) => BigInt(text.split(' ')[0]!));
  assert.deepEqual(
    tokens.toSorted((a, b) => (a < b ? -1 : Number(a > b))),
    tokens,
    'a write with an older token came after a newer one',
  );
  const textsOf = (event: string) => events.filter((line) => line.event === event).map(({ text }) => text);
  const written = new Set(textsOf('wrote'));
  const unsure = new Set(textsOf('unsure'));
  assert.equal(new Set(list).size, list.length, 'a write happened twice');
  for (const text of written) assert.ok(list.includes(text as string), `lost: ${text}`);
  for (const text of list) assert.ok(written.has(text) || unsure.has(text), `nobody wrote ${text}`);
  const attempts = running.flatMap((each) => each.lines().filter((line): line is Attempt => 'name' in line));
  t.diagnostic(
    `${textsOf('held').length} holdings, ${list.length} writes, ${textsOf('refused').length} refused, ${textsOf('lost').length} lost; ` +
      assertHonest(attempts, waits),
  );
}

void suite(
  'locks in trouble: one holder at a time, and writes in the order of tokens',
  { concurrency },
  () => {
    for (const [name, skip, start] of backends) {
      void test(name, { skip, timeout: 90_000 + rounds * 60_000 }, (t) => prove(t, start));

      void test(`${name}: a grant whose answer comes late ends no later for that`, { skip }, async (t) => {
        const { link, closing, through } = await serve(t, start);
        const place = { name: 'faults', bind: through, config: {} };
        const locks = await openCapability('locks', place, { dataDir: tmpdir(), timeout: 10_000 });
        closing.push(() => locks.close());
        const late = 150;
        link.delay(late);
        for (const wait of [0, 5_000]) {
          const grant = (await locks.acquire(`job${wait}`, ttl, wait))!;
          // The server took it before the answer was on its way, and counts from then on.
          assert.ok(grant.expires <= Date.now() - late + ttl);
          const renewed = await locks.renew(`job${wait}`, grant.token, ttl);
          assert.ok(renewed.expires <= Date.now() - late + ttl);
        }
        link.delay(0);
      });
    }
  },
);
