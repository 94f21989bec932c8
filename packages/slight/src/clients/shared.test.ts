import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeShare } from './shared.ts';

interface Thing {
  readonly number: number;
  ended: boolean;
}

function makeThings() {
  const made: Thing[] = [];
  const share = makeShare((thing: Thing) => void (thing.ended = true));
  const take = (id: string, make = async () => add()) =>
    share(id, make, (thing, leave) => ({ thing, leave }));
  function add(): Thing {
    const thing = { number: made.length, ended: false };
    made.push(thing);
    return thing;
  }
  return { made, share, take, add };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('it is made once for all who want the same, and ended with the last', async () => {
  const { made, take } = makeThings();
  const [first, second, other] = await Promise.all([take('a'), take('a'), take('b')]);
  assert.equal(first.thing, second.thing);
  assert.equal(made.length, 2);
  first.leave();
  first.leave();
  await settled();
  assert.deepEqual([first.thing.ended, other.thing.ended], [false, false]);
  second.leave();
  await settled();
  assert.deepEqual([first.thing.ended, other.thing.ended], [true, false]);
  assert.notEqual((await take('a')).thing, first.thing);
});

test('who leaves while another waits ends nothing', async () => {
  const { take, add } = makeThings();
  const { promise, resolve } = Promise.withResolvers<void>();
  const make = async () => {
    await promise;
    return add();
  };
  const waiting = [take('a', make), take('a', make)] as const;
  resolve();
  (await waiting[0]).leave();
  await settled();
  assert.equal((await waiting[1]).thing.ended, false);
});

test('what could not be made is made anew by the next one', async () => {
  const { made, take } = makeThings();
  const fail = async (): Promise<Thing> => {
    throw new Error('no server');
  };
  const failed = await Promise.allSettled([take('a', fail), take('a', fail)]);
  assert.deepEqual(
    failed.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.equal((await take('a')).thing.number, 0);
  assert.equal(made.length, 1);
});

test('a use that fails lets go, whether it has let go itself or not', async () => {
  const { made, share, take, add } = makeThings();
  const kept = await take('a');
  for (const leaves of [false, true]) {
    const failing = share(
      'a',
      async () => add(),
      (_, leave) => {
        if (leaves) leave();
        throw new Error('no table');
      },
    );
    await assert.rejects(failing, /no table/);
  }
  await settled();
  assert.equal(kept.thing.ended, false);
  kept.leave();
  await settled();
  assert.deepEqual(
    made.map(({ ended }) => ended),
    [true],
  );
});
