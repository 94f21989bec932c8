import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CapabilityError } from '../core/error.ts';
import { openCapability } from '../core/open.ts';
import type { Changes, KeyValue } from './contract.ts';
import { makePending, watchBy } from './watch.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'slight-watch-'));
after(() => rmSync(dataDir, { recursive: true }));

const open = (bind: string, name: string): Promise<KeyValue> =>
  openCapability('keyvalue', { name, bind, config: {} }, { dataDir, timeout: 10_000 });
const none: Changes = { changes: [], resync: false };
const one: Changes = { changes: [{ key: 'a', change: 'delete' }], resync: false };

void test('what is pending is merged by key, handed out in parts, and lost as a whole', () => {
  const pending = makePending();
  for (let i = 0; i < 120; i++) pending.add({ key: `${i}`, change: 'set' });
  pending.add({ key: '0', change: 'delete' });
  const first = pending.take();
  assert.equal(first.changes.length, 100);
  assert.deepEqual(first.changes[0], { key: '0', change: 'delete' });
  assert.equal(pending.take().changes.length, 20);
  assert.deepEqual(pending.take(), none);
  for (let i = 0; i <= 10_000; i++) pending.add({ key: `${i}`, change: 'set' });
  assert.deepEqual(pending.take(), { changes: [], resync: true });
  pending.add({ key: 'a', change: 'delete' });
  assert.deepEqual(pending.take(), one);
});

void test('a ring during a look leads to another look, so that nothing is waited for in vain', async () => {
  let ring: () => void = () => undefined;
  const looks: Changes[] = [none, one];
  const watch = watchBy(
    async () => {
      const found = looks.shift() ?? none;
      // What happened came after this look had read.
      if (found === none) ring();
      return found;
    },
    (wake) => {
      ring = wake;
      return () => undefined;
    },
  );
  assert.deepEqual(await watch.next(60_000), one);
});

for (const bind of ['memory', 'sqlite', 'filesystem']) {
  void test(`${bind}: a process may end while something is watched`, async () => {
    const store = await open(bind, 'left open');
    const watch = await store.watch({ prefix: '' });
    assert.deepEqual(await watch.next(1), none);
    await store.close();
  });
}

void test('sqlite: a watch that missed too many deletions says so, and goes on', async () => {
  const store = await open('sqlite', 'many');
  const keys = Array.from({ length: 100 }, (_, i) => `key ${i}`);
  const entries = keys.map((key) => ({ key, value: Buffer.from('1') }));
  await store.setMany(entries);
  const watch = await store.watch({ key: 'key 7' });
  const late = await store.watch({ key: 'other' });
  for (let i = 0; i < 100; i++) {
    await store.deleteMany(keys);
    if (i < 99) await store.setMany(entries);
  }
  // Ten thousand are kept.
  assert.deepEqual(await watch.next(0), {
    changes: [{ key: 'key 7', change: 'delete' }],
    resync: false,
  });
  await store.set('key 8', Buffer.from('1'));
  await store.delete('key 8');
  assert.deepEqual(await late.next(0), { changes: [], resync: true });
  assert.deepEqual(await late.next(0), none);
  await store.set('other', Buffer.from('1'));
  assert.deepEqual(
    (await late.next(0)).changes.map(({ change }) => change),
    ['set'],
  );
  watch.close();
  late.close();
  await store.close();
});

void test('watches of one store are bounded, and closing them makes room', async () => {
  const store = await open('memory', 'bounded');
  const watches = [];
  for (let i = 0; i < 1_000; i++) watches.push(await store.watch({ key: `${i}` }));
  assert.throws(() => store.watch({ key: 'one more' }), { code: 'resource-exhausted' });
  watches[0]!.close();
  watches[0]!.close();
  watches.push(await store.watch({ key: 'one more' }));
  assert.throws(() => store.watch({ key: 'another' }), CapabilityError);
  for (const watch of watches) watch.close();
  await store.close();
});
