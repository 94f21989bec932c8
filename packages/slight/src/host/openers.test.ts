import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CapabilityError } from '../capabilities/core/error.ts';
import { openCapability } from '../capabilities/core/open.ts';
import { keyValueOperations } from '../capabilities/keyvalue/contract.ts';
import { onDemandOpener, reopening } from './openers.ts';

const open = (name: string) =>
  openCapability(
    'keyvalue',
    { name, bind: 'memory', config: {} },
    { dataDir: `/nowhere/${name}`, timeout: 1000 },
  );

test('a store that was not there at the start is there once it can be opened', async () => {
  const reason = new CapabilityError('unavailable', 'not yet');
  let attempts = 0;
  const store = reopening(
    keyValueOperations,
    async () => {
      if (++attempts === 1) throw new CapabilityError('unavailable', 'still not');
      return await open('late');
    },
    reason,
    0,
  );
  assert.equal(store.failure, reason);
  await assert.rejects(async () => store.get('k'), /still not/);
  await store.set('k', new Uint8Array([1]));
  assert.equal(store.failure, undefined);
  assert.deepEqual(store.get('k'), new Uint8Array([1]), 'answers at once from then on');
  assert.equal(attempts, 2);
});

test('what turns out to be another kind of server is no mistake of the app', async () => {
  const store = reopening(
    keyValueOperations,
    async () => {
      throw new CapabilityError('invalid-argument', 'it looks like NATS', { fix: 'is 1 the right port?' });
    },
    new CapabilityError('unavailable', 'not yet'),
    0,
  );
  const expected = { code: 'unavailable', message: 'it looks like NATS', fix: 'is 1 the right port?' };
  await assert.rejects(async () => store.get('k'), expected);
  assert.equal(store.failure?.message, 'it looks like NATS');
});

test('it does not try more often than it may', () => {
  const store = reopening(
    keyValueOperations,
    () => assert.fail('tried'),
    new CapabilityError('unavailable', 'not yet'),
    60_000,
  );
  assert.throws(() => store.get('k'), /not yet/);
  assert.throws(() => store.exists('k'), /not yet/);
});

test('without a slightfile stores are opened once each, and not without end', async () => {
  let opened = 0;
  const stores = onDemandOpener('keyvalue', (name) => {
    opened++;
    return open(name);
  });
  const [one, two] = await Promise.all([stores.open('a'), stores.open('a')]);
  assert.equal(one, two);
  assert.equal(stores.open('a'), one, 'known by then: no promise');
  assert.equal(opened, 1);
  for (const name of ['', '../x', 'a/b', '.hidden', 'a'.repeat(65)]) {
    assert.throws(() => stores.open(name), { code: 'permission-denied' });
  }
  for (let n = 1; n < 64; n++) await stores.open(`n${n}`);
  assert.throws(() => stores.open('one-more'), { code: 'resource-exhausted' });
});
