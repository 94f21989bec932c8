import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
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
import { backends, serve } from './servers.ts';
import { now, type Attempt } from './record.ts';

interface HolderAttempt extends Attempt {
  /** What was to be written. */
  readonly text?: string;
}
type Line = HolderAttempt | HolderLine;
type Holder = FaultProcess<Line>;
/** What tells what it does. */
type Teller = Pick<Holder, 'lines' | 'assertAlive' | 'finish'>;

const guest = buildScriptGuest('holder');

/** Milliseconds. Not less than the shortest of etcd. */
const ttl = 2_000;
/** How long an app waits for the lock; processes wait as long. */
const wait = 1_000;

const eventsOf = (holder: Pick<Holder, 'lines'>): HolderLine[] =>
  holder.lines().filter((line) => 'event' in line);

/** For how long a process stood still. */
interface Stop {
  readonly holder: Holder;
  readonly from: number;
  readonly until: number;
}

/**
 * Stops one while it has the lock, until another has had it and has written, and lets it go on: what it writes then, with its old
 * token, is refused.
 */
async function stopHolder(holders: readonly Holder[], running: readonly Teller[]): Promise<Stop> {
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
  const from = now();
  const { token } = eventsOf(stopped).at(-1)!;
  const newer = (line: HolderLine): boolean => line.event === 'wrote' && BigInt(line.token) > BigInt(token);
  await eventually(
    'another has written',
    () => running.some((each) => each !== stopped && eventsOf(each).some(newer)),
    running,
  );
  const until = now();
  stopped.signal('SIGCONT');
  await eventually(
    'it is refused',
    () => eventsOf(stopped).some((line) => line.event === 'refused' && line.token === token),
    running,
  );
  return { holder: stopped, from, until };
}

/** The attempts of one, without the time for which it stood still meanwhile. */
function attemptsOf(teller: Teller, stops: readonly Stop[]): HolderAttempt[] {
  const own = stops.filter(({ holder }) => holder === teller);
  const attempts = teller.lines().filter((line): line is HolderAttempt => 'name' in line);
  return attempts.map((each) => {
    const still = own.filter(({ from, until }) => each.from < until && from < each.until);
    return { ...each, until: still.reduce((end, { from, until }) => end - (until - from), each.until) };
  });
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
  const stops: Stop[] = [];
  const trouble: { readonly [name: string]: () => Promise<void> } = {
    ...Object.fromEntries(Object.entries(faults).map(([name, fault]) => [name, () => fault(server, link)])),
    'a holder stands still for longer than its ttl': async () =>
      void stops.push(await stopHolder(holders, running)),
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
  const attempts = running.flatMap((each) => attemptsOf(each, stops));
  const unsure = new Set(attempts.map(({ failure, text }) => failure?.outcome === 'unknown' && text));
  assert.equal(new Set(list).size, list.length, 'a write happened twice');
  for (const text of written) assert.ok(list.includes(text as string), `lost: ${text}`);
  // Nor anybody whose failure said that nothing was written.
  for (const text of list) assert.ok(written.has(text) || unsure.has(text), `nobody wrote ${text}`);
  const longest = Math.round(Math.max(...stops.map(({ from, until }) => until - from)));
  t.diagnostic(
    `${textsOf('held').length} holdings, ${list.length} writes, ${textsOf('refused').length} refused, ${textsOf('lost').length} lost; ` +
      `stopped for up to ${longest} ms; ${assertHonest(attempts, wait)}`,
  );
}

void suite(
  'locks in trouble: one holder at a time, and writes in the order of tokens',
  { concurrency },
  () => {
    for (const [name, skip, start] of backends)
      void test(name, { skip, timeout: 90_000 + rounds * 60_000 }, (t) => prove(t, start));
  },
);
