import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { startDeadline } from './deadlines.ts';

/** Starts deadlines, stops those whose index is in `stopped`, and waits for the rest. */
async function ended(lengths: readonly number[], stopped: readonly number[] = []): Promise<number[]> {
  const order: number[] = [];
  const rest = lengths.length - stopped.length;
  await new Promise<void>((resolve) => {
    const deadlines = lengths.map((length, index) =>
      startDeadline(length, () => {
        order.push(index);
        if (order.length === rest) resolve();
      }),
    );
    for (const index of stopped) deadlines[index]!.stop();
  });
  return order;
}

void test('deadlines of one length come in their order, those that were stopped never', async () => {
  assert.deepEqual(await ended([20, 20, 20, 20, 20], [0, 2, 4]), [1, 3]);
});

void test('the shorter comes first, whenever it began', async () => {
  assert.deepEqual(await ended([300, 10, 150]), [1, 2, 0]);
});

void test('none comes early, also with a timer that is left of one before', async () => {
  startDeadline(60, () => assert.fail('it was stopped')).stop();
  await ended([30]);
  const began = performance.now();
  await ended([60]);
  assert.ok(performance.now() - began >= 60);
});

void test('stopping twice, or after it came, does nothing', async () => {
  let count = 0;
  const one = startDeadline(5, () => count++);
  await ended([20]);
  one.stop();
  const other = startDeadline(5, () => count++);
  other.stop();
  other.stop();
  await ended([20]);
  assert.equal(count, 1);
});

void test('a deadline may start and stop others as it comes', async () => {
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    startDeadline(10, () => {
      order.push('first');
      second.stop();
      startDeadline(10, () => {
        order.push('third');
        resolve();
      });
    });
    const second = startDeadline(10, () => order.push('second'));
  });
  assert.deepEqual(order, ['first', 'third']);
});

void test('one that is waited for keeps the process alive, those that were stopped do not', () => {
  const run = (then: string) =>
    spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { startDeadline } from ${JSON.stringify(new URL('./deadlines.ts', import.meta.url).href)};
         ${then}`,
      ],
      { encoding: 'utf8', timeout: 20_000 },
    );
  const waited = run(
    'startDeadline(600_000, () => undefined).stop(); startDeadline(50, () => console.log("came"));',
  );
  assert.deepEqual([waited.status, waited.stdout], [0, 'came\n']);
  assert.equal(run('startDeadline(600_000, () => undefined).stop();').status, 0);
});
