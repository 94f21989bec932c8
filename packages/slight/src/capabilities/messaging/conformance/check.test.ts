import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { lettingLeasesEnd, type CheckTools, type LeaseTools } from './check.ts';

const tools: CheckTools = {
  features: new Set(),
  largest: 1,
  open: () => assert.fail('nothing is opened here'),
  restart: async () => undefined,
};

/** The leases with which a check is run, and how it ends. */
async function leasesOf(run: (tools: LeaseTools) => Promise<void>) {
  const leases: number[] = [];
  const check = lettingLeasesEnd(async (given) => {
    leases.push(given.lease);
    await run(given);
  });
  const passed = await check(tools).then(
    () => true,
    () => false,
  );
  return { leases, passed };
}

test('a check that failed on a slow machine is run again with a longer lease', async () => {
  const slow = ({ lease, inTime }: LeaseTools) =>
    inTime(async () => {
      await sleep(400);
      assert.ok(lease > 600);
    });
  assert.deepEqual(await leasesOf(slow), { leases: [600, 1_500], passed: true });
});

test('one that failed in time is not, nor one that passed', async () => {
  const failing = ({ inTime }: LeaseTools) => inTime(async () => assert.fail('it is broken'));
  assert.deepEqual(await leasesOf(failing), { leases: [600], passed: false });
  const passing = ({ inTime }: LeaseTools) => inTime(() => sleep(400));
  assert.deepEqual(await leasesOf(passing), { leases: [600], passed: true });
});
