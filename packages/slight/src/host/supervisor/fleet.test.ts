import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { defaultLimits } from '../../slightfile/model.ts';
import { withoutSlightfile } from '../../slightfile/absent.ts';
import { createFleet } from './fleet.ts';
import type { Release } from './fleet.ts';
import { createLog } from '../log/log.ts';
import type { Ready, WorkerProcess, WorkerWishes } from './worker-process.ts';

/** A worker that does what the test says. */
interface Fake extends WorkerProcess {
  readonly release: Release;
  readonly wishes: WorkerWishes;
  /** What it gives for a command: undefined while it has room. */
  room: Promise<void> | undefined;
  ready(): void;
  fail(): void;
  die(): void;
}

function release(workers: number): Release {
  const file = { ...withoutSlightfile('app.wasm'), limits: { ...defaultLimits, workers } };
  return { file, component: new Uint8Array(), fd: undefined, listens: true, volatile: [], permissions: [] };
}

/** A fleet of fakes; `all` has them in the order of their start, `events` what became of them. */
function fakeFleet(first: Release) {
  const all: Fake[] = [];
  const events: string[] = [];
  const said: string[] = [];
  const leads: number[] = [];
  const log = createLog({ write: (text) => void said.push(text), terminal: false });
  const fleet = createFleet(first, log, (of, wishes) => {
    const number = all.length;
    const started = Promise.withResolvers<Ready | { failure: Error }>();
    const ended = Promise.withResolvers<string>();
    let serving = false;
    const end = (how: string) => {
      serving = false;
      ended.resolve(how);
    };
    const fake: Fake = {
      release: of as Release,
      wishes,
      room: undefined,
      started: started.promise,
      ended: ended.promise,
      get serving() {
        return serving;
      },
      ask: async () => number,
      relay(command, own) {
        events.push(`${number} gets ${command.type}${own ? ' of its own' : ''}`);
        return fake.room;
      },
      taken: (command) => void events.push(`all have taken ${command.type} of ${number}`),
      lead: () => void leads.push(number),
      resigned: ended.promise.then(() => undefined),
      finished: ended.promise.then(() => undefined),
      drain: () => void events.push(`${number} drains`),
      kill: () => end('it was killed'),
      ready() {
        serving = true;
        events.push(`${number} serves`);
        started.resolve({ type: 'ready', url: 'http://127.0.0.1:1', rows: [] });
      },
      fail() {
        events.push(`${number} fails`);
        started.resolve({ failure: new Error('it cannot start') });
        end('exit code 1');
      },
      die: () => end('it ended with SIGKILL'),
    };
    events.push(`${number} starts`);
    all.push(fake);
    return fake;
  });
  return { fleet, all, events, said, leads };
}

/** Lets everything happen that waits for nothing. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

async function startFleet(workers: number) {
  const fake = fakeFleet(release(workers));
  const started = fake.fleet.start();
  fake.all[0]!.ready();
  await started;
  await settle();
  for (const each of fake.all.slice(1)) each.ready();
  await settle();
  fake.events.length = 0;
  return fake;
}

test('the first worker starts alone; where it fails there is no app', async () => {
  const { fleet, all, events } = fakeFleet(release(3));
  const started = fleet.start();
  await settle();
  assert.deepEqual(events, ['0 starts']);
  all[0]!.ready();
  await started;
  await settle();
  assert.deepEqual(events, ['0 starts', '0 serves', '1 starts', '2 starts']);

  const broken = fakeFleet(release(3));
  const failing = assert.rejects(broken.fleet.start(), /it cannot start/);
  broken.all[0]!.fail();
  await failing;
  assert.equal(broken.all.length, 1);
});

test('a worker that dies is started again at once, later with growing pauses; the others stay', async (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { all, events } = await startFleet(2);
  const pauses: number[] = [];
  all[1]!.die();
  await settle();
  for (let round = 0; round < 9; round++) {
    const count = all.length;
    let waited = 0;
    for (; all.length === count; waited += 100) {
      t.mock.timers.tick(waited === 0 ? 0 : 100);
      await settle();
    }
    pauses.push(waited - 100);
    all.at(-1)!.fail();
    await settle();
  }
  assert.deepEqual(pauses, [0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000]);
  assert.ok(!events.some((event) => event.startsWith('0 ')));
});

test('one that wants to be replaced goes on until another serves', async () => {
  const { all, events } = await startFleet(2);
  all[0]!.wishes.onWorn('it is worn');
  await settle();
  assert.deepEqual(events, ['2 starts']);
  all[2]!.fail();
  await settle();
  assert.deepEqual(events, ['2 starts', '2 fails']);
  all[0]!.wishes.onWorn('it is worn');
  await settle();
  all[3]!.ready();
  await settle();
  assert.deepEqual(events.slice(2), ['3 starts', '3 serves', '0 drains']);
  all[0]!.die();
  await settle();
  assert.equal(all.length, 4, 'nobody takes the place of one that was replaced');
});

test('a release takes over one worker after another', async () => {
  const { fleet, all, events } = await startFleet(2);
  const next = release(2);
  const rolled = fleet.roll(next, 0);
  await settle();
  assert.deepEqual(events, ['2 starts']);
  all[2]!.ready();
  await settle();
  assert.deepEqual(events, ['2 starts', '2 serves', '0 drains', '3 starts']);
  all[3]!.ready();
  assert.equal(await rolled, undefined);
  assert.deepEqual(events.slice(4), ['3 serves', '1 drains']);
  assert.ok(all[3]!.release === next);
});

test('a release that does not start changes nothing, and those that die come back as they were', async () => {
  const { fleet, all, events } = await startFleet(2);
  const former = all[0]!.release;
  const rolled = fleet.roll(release(2), 0);
  await settle();
  all[2]!.fail();
  assert.match(String(await rolled), /it cannot start/);
  assert.deepEqual(events, ['2 starts', '2 fails']);
  all[1]!.die();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(all[3]!.release === former);
});

test('a release may have more workers, or fewer', async () => {
  const { fleet, all, events } = await startFleet(1);
  const more = fleet.roll(release(3), 0);
  await settle();
  all[1]!.ready();
  await settle();
  assert.deepEqual(events, ['1 starts', '1 serves', '0 drains', '2 starts', '3 starts']);
  all[2]!.ready();
  all[3]!.ready();
  await more;
  events.length = 0;
  const fewer = fleet.roll(release(1), 0);
  await settle();
  all[4]!.ready();
  await fewer;
  assert.deepEqual(events, ['4 starts', '4 serves', '1 drains', '2 drains', '3 drains']);
});

test('those that serve are asked', async () => {
  const { fleet, all } = await startFleet(3);
  all[1]!.die();
  await settle();
  assert.deepEqual(await fleet.ask('health'), [0, 2]);
});

test('what a worker says reaches all, and it is told when all have room again', async () => {
  const { all, events } = await startFleet(3);
  const [first, , last] = all as [Fake, Fake, Fake];
  const join = { type: 'join', connection: 'c', channel: 'all' } as const;
  const passed = ['0 gets join of its own', '1 gets join', '2 gets join'];
  first.wishes.onRelay(join);
  assert.deepEqual(events.splice(0), [...passed, 'all have taken join of 0']);
  const { promise, resolve } = Promise.withResolvers<void>();
  last.room = promise;
  first.wishes.onRelay(join);
  await settle();
  assert.deepEqual(events.splice(0), passed);
  resolve();
  await settle();
  assert.deepEqual(events, ['all have taken join of 0']);
});

test('one worker leads, and another when that one has ended', async () => {
  const { all, leads } = await startFleet(2);
  assert.deepEqual(leads, [0]);
  all[0]!.die();
  await settle();
  assert.deepEqual(leads, [0, 1]);
});

test('a worker that is started when all are to end is ended at once', async () => {
  const before = fakeFleet(release(2));
  before.fleet.kill();
  // The signal came while its supervisor was still busy with something else.
  const starting = before.fleet.start().catch((error: Error) => error.message);
  await settle();
  assert.equal(await before.all[0]!.ended, 'it was killed');
  before.all[0]!.fail();
  assert.equal(await starting, 'it cannot start');

  const { fleet, all } = await startFleet(1);
  const rolled = fleet.roll(release(3), 0);
  await settle();
  const stopped = fleet.stop(1_000);
  for (const each of all) each.die();
  await settle();
  all[1]!.fail();
  await rolled;
  await stopped;
  await settle();
  for (const each of all.slice(2)) assert.equal(await each.ended, 'it was killed');
});

test('a stop in the middle of a rollout that adds workers leaves none behind, and is no failure', async () => {
  const { fleet, all, said } = await startFleet(2);
  const rolled = fleet.roll(release(4), 0);
  await settle();
  all[2]!.ready();
  await settle();
  const stopped = fleet.stop(1_000);
  for (const each of all) each.die();
  all[3]!.fail();
  await stopped;
  await rolled;
  await settle();
  assert.equal(all.length, 4, 'none was started for a place that is gone');
  assert.deepEqual(said, []);
});
