import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CapabilityError } from './error.ts';
import { portableTools } from './portable.ts';

const nothing = (): void => undefined;
const away = (outcome: 'none' | 'unknown' = 'none') =>
  new CapabilityError('unavailable', 'away', { outcome });

function setUp(resilience: { retries?: number; breaker?: number; pending?: number } = {}) {
  const said: string[] = [];
  const tools = portableTools(
    { ping: () => Promise.resolve(), close: () => undefined },
    {
      where: 'keyvalue "orders" (redis://cache)',
      features: new Set<string>(),
      timeout: 5_000,
      resilience: { retries: 0, breaker: 0, pending: 1_000, ...resilience },
      report: (open, message) => said.push(`${open} ${message}`),
      backendsWith: () => [],
    },
  );
  const run = <T>(
    call: () => T | Promise<T>,
    effect: 'reads' | 'writes' | 'writes-once' = 'reads',
    wait?: number,
  ) => tools.run('get', effect, nothing, call, wait);
  return { ...tools, run, said };
}

void test('an operation is repeated as often as the slightfile says', async () => {
  for (const retries of [0, 1, 2]) {
    const { run } = setUp({ retries });
    let calls = 0;
    await assert.rejects(async () => run(() => (calls++, Promise.reject(away()))), { code: 'unavailable' });
    assert.equal(calls, retries + 1);
  }
});

void test('a backend that is away is left alone after a while, whatever is asked; what it answers is seen', async () => {
  const { run, said, opened } = setUp({ breaker: 2 });
  let calls = 0;
  const fail = () => (calls++, Promise.reject(away('unknown')));
  await assert.rejects(async () => run(fail, 'writes-once'), { outcome: 'unknown' });
  await new Promise((resolve) => setTimeout(resolve, 550));
  await assert.rejects(async () => run(fail, 'writes'), { outcome: 'unknown' });
  for (const effect of ['reads', 'writes', 'writes-once'] as const) {
    assert.throws(() => run(fail, effect), {
      code: 'unavailable',
      outcome: 'none',
      retryable: true,
      message: /^keyvalue "orders" \(redis:\/\/cache\): get: not asked: the last 2 operations/,
    });
  }
  assert.throws(() => run(fail, 'reads', 60_000), { code: 'unavailable' });
  assert.equal(calls, 2);
  assert.equal(await opened.ping(), undefined, 'who asks whether it answers hears of it');
  for (let asked = false; !asked; await new Promise((resolve) => setTimeout(resolve, 20))) {
    try {
      assert.equal(await run(() => Promise.resolve('answer')), 'answer');
      asked = true;
    } catch (error) {
      assert.match((error as Error).message, /not asked/);
    }
  }
  assert.equal(await run(() => 'at once'), 'at once');
  assert.equal(said.length, 2);
  assert.match(said[0]!, /^true .*left alone for a while after 2 operations in a row found it away: .*away$/);
  assert.match(said[1]!, /^false .*answers again$/);
  await opened.close();
});

void test('an error that is an answer opens nothing', async () => {
  const { run } = setUp({ breaker: 1 });
  for (const code of ['not-found', 'internal', 'resource-exhausted', 'precondition-failed'] as const) {
    const fail = () => Promise.reject(new CapabilityError(code, 'what'));
    for (let i = 0; i < 3; i++) await assert.rejects(async () => run(fail), { code });
  }
});

void test('only so many operations wait for a backend; one more fails at once, and says so', async () => {
  const { run } = setUp({ pending: 2 });
  const slow = Promise.withResolvers<string>();
  const waiting = [run(() => slow.promise), run(() => slow.promise)];
  let asked = false;
  assert.throws(() => run(() => (asked = true)), {
    code: 'resource-exhausted',
    retryable: true,
    outcome: 'none',
    message: /2 operations wait for this backend already.*`pending` in \[resilience\]/,
  });
  assert.equal(asked, false);
  // What waits for something to happen is bounded elsewhere.
  assert.equal(await run(() => Promise.resolve('told'), 'reads', 1_000), 'told');
  slow.resolve('answer');
  assert.deepEqual(await Promise.all(waiting), ['answer', 'answer']);
  assert.equal(await run(() => Promise.resolve('room')), 'room');
});

void test('operations that fail or are late make room, too', async () => {
  const tools = portableTools(
    { ping: nothing, close: nothing },
    {
      where: 'w',
      features: new Set<string>(),
      timeout: 10,
      resilience: { retries: 0, breaker: 0, pending: 1 },
      backendsWith: () => [],
    },
  );
  const run = (call: () => Promise<unknown>) => tools.run('get', 'writes', nothing, call);
  await assert.rejects(async () => run(() => Promise.reject(away())), { code: 'unavailable' });
  await assert.rejects(async () => run(() => new Promise(() => undefined)), {
    code: 'timeout',
    outcome: 'unknown',
  });
  assert.equal(await run(() => Promise.resolve(1)), 1);
});

void test('a backend in this process answers at once, whatever the breaker of others would say', () => {
  const { run } = setUp({ breaker: 1, pending: 1 });
  for (let i = 0; i < 3; i++) {
    assert.throws(
      () =>
        run(() => {
          throw away();
        }),
      { code: 'unavailable', message: /get: away$/ },
    );
  }
  assert.equal(
    run(() => 'value'),
    'value',
  );
});
