import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { CapabilityError } from '../core/error.ts';
import { openCapability } from '../core/open.ts';
import type { Locks } from './contract.ts';
import type { Lease } from './hold.ts';
import { standForLeader, type CandidateOptions } from './leader.ts';

let tests = 0;

async function open(t: TestContext): Promise<Locks> {
  const bind = { name: 'jobs', bind: 'memory', config: {} };
  const locks = await openCapability('locks', bind, { dataDir: `leader-${tests++}`, timeout: 1_000 });
  t.after(() => locks.close());
  return locks;
}

/** A candidate whose turns can be waited for. */
function stand(t: TestContext, locks: Locks, options: CandidateOptions = {}) {
  let led = Promise.withResolvers<Lease>();
  let lost = Promise.withResolvers<CapabilityError>();
  const candidate = standForLeader(locks, 'leader', {
    onLead(lease) {
      led.resolve(lease);
      led = Promise.withResolvers();
    },
    onLost(reason) {
      lost.resolve(reason);
      lost = Promise.withResolvers();
    },
    ...options,
  });
  t.after(() => candidate.close());
  return { candidate, leads: () => led.promise, loses: () => lost.promise };
}

void test('one leads; when it stands back, the next one does, with a higher token', async (t) => {
  const locks = await open(t);
  const first = stand(t, locks);
  const { token } = await first.leads();
  const second = stand(t, locks);
  const leads = second.leads();
  assert.equal(first.candidate.lease?.token, token);
  assert.equal(second.candidate.lease, undefined);
  await first.candidate.close();
  assert.equal(first.candidate.lease, undefined);
  const next = await leads;
  assert.ok(next.token > token);
  assert.equal(second.candidate.lease, next);
});

void test('who loses the lock hears of it, and stands again', async (t) => {
  const locks = await open(t);
  const { candidate, leads, loses } = stand(t, locks, { ttl: 150 });
  const { token } = await leads();
  const [lost, again] = [loses(), leads()];
  // As if it had expired while the process stood still.
  await locks.release('leader', token);
  const reason = await lost;
  assert.equal(reason.code, 'precondition-failed');
  assert.ok((await again).token > token);
  assert.ok(candidate.lease !== undefined);
});

void test('a failure ends no candidature', async (t) => {
  const locks = await open(t);
  let failures = 0;
  let heard: unknown;
  const failing: Locks = {
    ...locks,
    acquire(...given) {
      if (failures++ === 0) throw new CapabilityError('unavailable', 'nobody answers');
      return locks.acquire(...given);
    },
  };
  const { leads } = stand(t, failing, { onFailure: (error) => (heard = error) });
  await leads();
  assert.match(String(heard), /nobody answers/);
});

void test('who is closed while another leads never leads', async (t) => {
  const locks = await open(t);
  const first = stand(t, locks);
  await first.leads();
  const second = stand(t, locks, { onLead: () => assert.fail('it leads') });
  await second.candidate.close();
  await first.candidate.close();
  assert.equal(second.candidate.lease, undefined);
});
