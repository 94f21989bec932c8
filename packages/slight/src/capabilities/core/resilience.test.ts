import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CapabilityError, placeError, type ErrorCode, type ErrorDetails } from './error.ts';
import { guard, type Effect } from './resilience.ts';

/** Runs an operation that fails with these errors in turn, then answers. Gives the answer and how often it was tried. */
async function run(effect: Effect, errors: CapabilityError[], timeout = 5_000) {
  let tries = 0;
  const attempt = async (): Promise<string> => {
    const error = errors[tries++];
    if (error) throw error;
    return 'answer';
  };
  const outcome = await guard(attempt(), attempt, {
    effect,
    timeout,
    retries: 3,
    describe: (error) => placeError('here', error),
  }).catch((error: CapabilityError) => error);
  return { outcome: outcome instanceof CapabilityError ? outcome.code : outcome, tries };
}

const error = (code: ErrorCode, details?: ErrorDetails) => new CapabilityError(code, 'what', details);

void test('what may be repeated is, and nothing else', async () => {
  const none = error('unavailable');
  const unknown = error('unavailable', { outcome: 'unknown' });
  assert.deepEqual(await run('reads', [none]), { outcome: 'answer', tries: 2 });
  assert.deepEqual(await run('reads', [unknown]), { outcome: 'answer', tries: 2 });
  assert.deepEqual(await run('idempotent', [unknown]), { outcome: 'answer', tries: 2 });
  assert.deepEqual(await run('writes', [none]), { outcome: 'answer', tries: 2 });
  assert.deepEqual(await run('writes', [unknown]), { outcome: 'unavailable', tries: 1 });
  assert.deepEqual(await run('writes-once', [none]), { outcome: 'unavailable', tries: 1 });
  assert.deepEqual(await run('tries-once', [none]), { outcome: 'unavailable', tries: 1 });
  assert.deepEqual(await run('reads', [error('unavailable', { retryable: false })]), {
    outcome: 'unavailable',
    tries: 1,
  });
  assert.deepEqual(await run('reads', [error('internal')]), { outcome: 'internal', tries: 1 });
  assert.deepEqual(await run('reads', [none, error('not-found')]), { outcome: 'not-found', tries: 2 });
});

void test('repeating ends', async () => {
  assert.deepEqual(
    await run(
      'reads',
      Array.from({ length: 50 }, () => error('unavailable')),
    ),
    {
      outcome: 'unavailable',
      tries: 4,
    },
  );
});

void test('an operation that does not answer ends at its deadline, with the outcome that fits', async () => {
  for (const [effect, outcome] of [
    ['reads', 'none'],
    ['idempotent', 'unknown'],
    ['writes', 'unknown'],
    ['writes-once', 'unknown'],
    ['tries-once', 'none'],
  ] as const) {
    const never = new Promise<string>(() => undefined);
    await assert.rejects(
      guard(never, () => never, {
        effect,
        timeout: 20,
        retries: 3,
        describe: (thrown) => placeError('here', thrown),
      }),
      { code: 'timeout', outcome, message: /^here: no answer within the deadline/ },
    );
  }
});

void test('what fails after its deadline disturbs nobody', async () => {
  const late = Promise.withResolvers<string>();
  await assert.rejects(
    guard(late.promise, () => late.promise, {
      effect: 'reads',
      timeout: 1,
      retries: 3,
      describe: (e) => placeError('here', e),
    }),
  );
  late.reject(new Error('late'));
  await new Promise((resolve) => setImmediate(resolve));
});
