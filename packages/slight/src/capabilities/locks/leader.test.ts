import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { CapabilityError } from '../core/error.ts';
import { openCapability } from '../core/open.ts';
import type { Locks } from './contract.ts';
import { awaitLead } from './leader.ts';

const forever = new AbortController().signal;
let tests = 0;

async function open(t: TestContext): Promise<Locks> {
  const bind = { name: 'jobs', bind: 'memory', config: {} };
  const locks = await openCapability('locks', bind, { dataDir: `leader-${tests++}`, timeout: 1_000 });
  t.after(() => locks.close());
  return locks;
}

void test('one leads; when it lets go, the next one does, with a higher token', async (t) => {
  const locks = await open(t);
  const first = await awaitLead(locks, 'leader', forever);
  let leads = false;
  const next = awaitLead(locks, 'leader', forever);
  void next.then(() => (leads = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(leads, false);
  await first.drop();
  const second = await next;
  assert.ok(second.token > first.token);
  await second.drop();
});

void test('a wait that ends in vain is begun again', async (t) => {
  const locks = await open(t);
  const answers = [undefined, undefined];
  const impatient: Locks = {
    ...locks,
    acquire: (...given) => (answers.length > 0 ? answers.pop() : locks.acquire(...given)),
  };
  const lease = await awaitLead(impatient, 'leader', forever);
  assert.equal(answers.length, 0);
  await lease.drop();
});

void test('who loses the lock hears of it', async (t) => {
  const locks = await open(t);
  const { token, lost } = await awaitLead(locks, 'leader', forever, 150);
  // As if it had expired while the process stood still.
  await locks.release('leader', token);
  await new Promise((resolve) => lost.addEventListener('abort', resolve));
  assert.equal((lost.reason as CapabilityError).code, 'precondition-failed');
});

void test('who gives up, or cannot know, is told so', async (t) => {
  const locks = await open(t);
  const lease = await awaitLead(locks, 'leader', forever);
  const ended = new AbortController();
  const waiting = assert.rejects(awaitLead(locks, 'leader', ended.signal), { code: 'cancelled' });
  ended.abort();
  await waiting;
  await lease.drop();
  const gone: Locks = {
    ...locks,
    acquire() {
      throw new CapabilityError('unavailable', 'nobody answers');
    },
  };
  await assert.rejects(awaitLead(gone, 'leader', forever), { code: 'unavailable' });
});
