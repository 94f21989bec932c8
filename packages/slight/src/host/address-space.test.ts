import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchAddressSpace } from './address-space.ts';

const tebibyte = 1024 ** 4;

/** What is said within a few looks. */
async function listen(measure: () => number | undefined, instances: number, requests = 0): Promise<string[]> {
  const said: string[] = [];
  const watch = watchAddressSpace({
    instances,
    measure,
    interval: 5,
    onWorn: (reason) => void said.push(reason),
  });
  for (let count = 0; count < requests; count++) watch.note!(20);
  await sleep(100);
  watch.close();
  return said;
}

test('a worker that used up half of its addresses says so, once', async () => {
  const said = await listen(() => 1_000 * tebibyte, 32);
  assert.equal(said.length, 1);
  assert.match(said[0]!, /^it uses 1000\.0 TiB of addresses, of \d+\.\d$/);
});

test('what instances need is no reason', async () => {
  assert.deepEqual(await listen(() => 32 * 8 * 1024 ** 3, 32), []);
});

test(
  'the size of this process is known on Linux, and far from the limit',
  { skip: process.platform !== 'linux' && 'Linux tells it' },
  async () => {
    const said: string[] = [];
    const watch = watchAddressSpace({
      instances: 32,
      interval: 5,
      onWorn: (reason) => void said.push(reason),
    });
    assert.equal(watch.note, undefined, 'nothing has to be counted');
    await sleep(50);
    watch.close();
    assert.deepEqual(said, []);
  },
);

test('where the size is not known, overlapping requests are counted', async () => {
  assert.deepEqual(await listen(() => undefined, 32, 1_000), []);
  const [said] = await listen(() => undefined, 32, 70_000_000);
  assert.equal(said, 'it has served 70000000 overlapping requests');
});
