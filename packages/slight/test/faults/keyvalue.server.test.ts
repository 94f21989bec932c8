import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestServer } from '../../../../test/servers/server.ts';
import { openCapability } from '../../src/capabilities/core/open.ts';
import { findContradiction, type Step } from '../../src/capabilities/keyvalue/history.ts';
import {
  assertHonest,
  concurrency,
  eventually,
  faults,
  recovers,
  rounds,
  startFaultProcess,
  timeout,
} from './processes.ts';
import { backends, serve } from './servers.ts';
import { now, type KeyAttempt } from './record.ts';

type Line = KeyAttempt | { readonly heard: string };

/** What is known of attempts, for the history of their key. */
function toSteps(attempts: readonly KeyAttempt[]): Step[] {
  return attempts.flatMap(({ action, from, until, failure }) => {
    if (failure === undefined) return [{ action, from, until }];
    // It says that nothing happened, so nothing may be seen of it.
    if (action.kind === 'get' || failure.outcome === 'none') return [];
    return [{ action, from, until: Infinity }];
  });
}

async function prove(t: TestContext, start: () => Promise<TestServer>): Promise<void> {
  // One process goes through a link of its own, which is cut for it alone.
  const { server, link, closing, direct, through } = await serve(t, start);
  const running = [direct, through].map((bind) =>
    startFaultProcess<Line>(t, 'client.ts', bind, String(timeout), '2'),
  );
  const bind = { name: 'faults', bind: direct, config: {} };
  const store = await openCapability('keyvalue', bind, { dataDir: tmpdir(), timeout: 10_000 });
  closing.push(() => store.close());
  const attemptsOf = (lines: readonly Line[]) => lines.filter((line) => 'key' in line);
  const heard = (lines: readonly Line[], key: string): boolean =>
    lines.some((line) => 'heard' in line && line.heard === key);
  await eventually('all have begun', () => running.every(({ lines }) => heard(lines(), 'nothing')), running);

  async function endure(name: string, fault: (typeof faults)[string], round: number): Promise<void> {
    const prefix = `${Object.keys(faults).indexOf(name)}-${round}`;
    const works = (process: (typeof running)[number], since: number): boolean =>
      ['get', 'set', 'increment', 'compare-and-swap'].every((operation) =>
        attemptsOf(process.lines()).some(
          (each) =>
            each.name === operation &&
            each.from > since &&
            each.key.startsWith(prefix) &&
            each.failure === undefined,
        ),
      );
    for (const each of running) each.tell(prefix);
    await eventually('all work', () => running.every((each) => works(each, 0)), running);
    await sleep(Math.random() * 100);
    await fault(server, link);
    const healed = now();
    await eventually('all work again', () => running.every((each) => works(each, healed)), running);
    // The watches, too: what is written now is told.
    const before = running.map(({ lines }) => lines().length);
    const told = `told-${prefix}`;
    await recovers(() => store.set(told, Buffer.from('')));
    const hears = (each: (typeof running)[number], i: number): boolean =>
      heard(each.lines().slice(before[i]), told) || heard(each.lines().slice(before[i]), 'all');
    await eventually('watches have heard', () => running.every(hears), running);

    // Whoever works on the next round's keys, or on none, leaves these alone.
    for (const each of running) each.tell('');
    await sleep(timeout + 500);
    const last = new Map<string, KeyAttempt>();
    const attempts = running
      .flatMap(({ lines }) => attemptsOf(lines()))
      .filter(({ key }) => key.startsWith(prefix));
    for (const key of new Set(attempts.map((each) => each.key))) {
      const from = now();
      const found = await recovers(() => store.get(key));
      const value = found && Buffer.from(found).toString();
      last.set(key, { key, name: 'get', from, until: now(), action: { kind: 'get', value } });
    }
    for (const [key, end] of last) {
      const steps = toSteps([...attempts.filter((each) => each.key === key), end]);
      assert.equal(findContradiction(steps), undefined, JSON.stringify(steps));
    }
    t.diagnostic(`${name}: ${assertHonest(attempts)}`);
  }

  for (let round = 0; round < rounds; round++)
    for (const [name, fault] of Object.entries(faults)) await endure(name, fault, round);
  for (const each of running) await each.finish();
}

void suite(
  'key-value in trouble: no answer is taken back, no failure lies, all go on',
  { concurrency },
  () => {
    for (const [name, skip, start] of backends)
      void test(name, { skip, timeout: 90_000 + rounds * 60_000 }, (t) => prove(t, start));
  },
);
