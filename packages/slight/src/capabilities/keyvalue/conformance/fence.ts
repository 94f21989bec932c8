import assert from 'node:assert/strict';
import type { KeyValue } from '../contract.ts';
import { assertFails, bytes, eventually, readText, type CheckDefinition } from './check.ts';

const under = (token: string, lock = 'lock') => ({ fence: { lock, token } });

/** A write with an older token must fail, and leave the value and its version alone. */
async function assertFenced(store: KeyValue, key: string, what: string, write: () => unknown): Promise<void> {
  const before = await readText(store, key);
  const error = await assertFails('precondition-failed', what, write);
  assert.equal(error.outcome, 'none', `${what}: the outcome`);
  assert.equal(await readText(store, key), before, `${what}: the value afterwards`);
}

const needs = ['fence'] as const;

export const fenceChecks: readonly CheckDefinition[] = [
  {
    name: 'a set with an older token fails and changes nothing; the same or a newer one writes',
    needs,
    async run({ open }) {
      const store = await open();
      await store.set('key', bytes('a'), under('5'));
      await store.set('key', bytes('b'), under('5'));
      await assertFenced(store, 'key', 'an older token', () => store.set('key', bytes('c'), under('4')));
      assert.equal(await readText(store, 'key'), 'b');
      await store.set('key', bytes('d'), under('6'));
      const other = await open();
      await assertFenced(other, 'key', 'the token from before', () =>
        other.set('key', bytes('e'), under('5')),
      );
      assert.equal(await readText(other, 'key'), 'd');
    },
  },
  {
    name: 'a delete with an older token fails and changes nothing',
    needs,
    async run({ open }) {
      const store = await open();
      await store.set('key', bytes('a'), under('5'));
      await assertFenced(store, 'key', 'an older token', () => store.delete('key', under('4')));
      assert.equal(await readText(store, 'key'), 'a');
      await store.delete('key', under('5'));
      assert.equal(await store.exists('key'), false);
    },
  },
  {
    name: 'a swap with an older token fails and changes nothing, whatever its version',
    needs: ['fence', 'compare-and-swap'],
    async run({ open }) {
      const store = await open();
      const first = await store.compareAndSwap('key', undefined, bytes('a'), under('5'));
      assert.ok(first.swapped);
      for (const expected of [first.version, undefined, 'another'])
        await assertFenced(store, 'key', `an older token, expecting ${expected}`, () =>
          store.compareAndSwap('key', expected, bytes('b'), under('4')),
        );
      assert.equal((await store.getVersioned('key'))?.version, first.version);
      assert.equal((await store.compareAndSwap('key', 'another', bytes('b'), under('5'))).swapped, false);
      assert.ok((await store.compareAndSwap('key', first.version, bytes('b'), under('6'))).swapped);
      await assertFenced(store, 'key', 'after a newer one', () => store.set('key', bytes('c'), under('5')));
    },
  },
  {
    name: 'an increment with an older token fails and changes nothing',
    needs: ['fence', 'increment'],
    async run({ open }) {
      const store = await open();
      assert.equal(await store.increment('count', 2n, under('5')), 2n);
      await assertFenced(store, 'count', 'an older token', () => store.increment('count', 1n, under('4')));
      assert.equal(await store.increment('count', 1n, under('6')), 3n);
      await assertFenced(store, 'count', 'after a newer one', () => store.increment('count', 1n, under('5')));
    },
  },
  {
    name: 'a fence is looked at before all else',
    needs: ['fence', 'only-if-absent'],
    async run({ open }) {
      const store = await open();
      await store.set('key', bytes('a'), under('5'));
      const once = { onlyIfAbsent: true };
      await assertFails('precondition-failed', 'an older token', () =>
        store.set('key', bytes('b'), { ...once, ...under('4') }),
      );
      await assertFails('already-exists', 'the same token', () =>
        store.set('key', bytes('b'), { ...once, ...under('5') }),
      );
      assert.equal(await readText(store, 'key'), 'a');
    },
  },
  {
    name: 'a key remembers the newest token when it was deleted',
    needs,
    async run({ open }) {
      const store = await open();
      await store.set('key', bytes('a'), under('5'));
      await store.delete('key');
      await assertFenced(store, 'key', 'after a delete', () => store.set('key', bytes('b'), under('4')));
      await store.delete('never', under('5'));
      await assertFenced(store, 'never', 'after a delete of nothing', () =>
        store.set('never', bytes('b'), under('4')),
      );
      await store.set('never', bytes('b'), under('5'));
    },
  },
  {
    name: 'a key remembers the newest token when its value has expired',
    needs: ['fence', 'ttl'],
    async run({ open }) {
      const store = await open();
      await store.set('key', bytes('a'), { ttl: 50, ...under('5') });
      await eventually('it goes', async () => !(await store.exists('key')));
      await assertFenced(store, 'key', 'after it expired', () => store.set('key', bytes('b'), under('4')));
      await store.set('key', bytes('c'), under('5'));
      assert.equal(await readText(store, 'key'), 'c');
    },
  },
  {
    name: 'a fence guards its own key, in its own store, and a lock the tokens of its own',
    needs,
    async run({ open }) {
      const store = await open();
      await store.set('key', bytes('a'), under('5'));
      await store.set('other', bytes('b'), under('4'));
      await (await open('other')).set('key', bytes('b'), under('4'));
      await store.set('key', bytes('c'), under('1', 'another lock'));
      await assertFenced(store, 'key', 'the first lock', () => store.set('key', bytes('d'), under('4')));
      await store.set('key', bytes('e'), under('2', 'another lock'));
      await assertFenced(store, 'key', 'the other lock', () =>
        store.set('key', bytes('f'), under('1', 'another lock')),
      );
      await store.set('key', bytes('g'), under('5', '__proto__'));
      await assertFenced(store, 'key', 'an odd lock', () =>
        store.set('key', bytes('h'), under('4', '__proto__')),
      );
    },
  },
  {
    name: 'tokens are compared as numbers of 64 bits',
    needs,
    async run({ open }) {
      const store = await open();
      const rising = ['0', '9', '10', '9007199254740992', '9007199254740993', '18446744073709551615'];
      let before: string | undefined;
      for (const token of rising) {
        await store.set('key', bytes(token), under(token));
        if (before !== undefined)
          await assertFenced(store, 'key', `${before} after ${token}`, () =>
            store.set('key', bytes('older'), under(before!)),
          );
        before = token;
      }
      assert.equal(await readText(store, 'key'), before);
    },
  },
  {
    name: 'a write without a fence passes, and what is remembered stays',
    needs,
    async run({ open }) {
      const store = await open();
      await store.set('key', bytes('a'), under('5'));
      await store.set('key', bytes('b'));
      assert.equal(await readText(store, 'key'), 'b');
      await assertFenced(store, 'key', 'an older token', () => store.set('key', bytes('c'), under('4')));
    },
  },
  {
    name: 'a fence that cannot be is invalid-argument',
    needs,
    async run({ open }) {
      const store = await open();
      for (const token of ['', '-1', '007', '1.5', '1e3', 'next', '18446744073709551616', ' 1'])
        for (const write of [
          () => store.set('key', bytes('a'), under(token)),
          () => store.delete('key', under(token)),
        ])
          await assertFails('invalid-argument', `the token ${JSON.stringify(token)}`, write);
      await assertFails('invalid-argument', 'no lock', () => store.set('key', bytes('a'), under('1', '')));
      await assertFails('invalid-argument', 'half a pair', () =>
        store.set('key', bytes('a'), under('1', '\ud800')),
      );
      assert.equal(await store.exists('key'), false);
    },
  },
  {
    name: 'of many fenced writes at once, that of the newest token stands',
    needs,
    async run({ open }) {
      const stores = [await open(), await open(), await open()];
      for (let round = 0; round < 5; round++) {
        const key = `key ${round}`;
        const tokens = Array.from({ length: 24 }, (_, i) => String(((i * 7 + round) % 24) + 1));
        const written = await Promise.all(
          tokens.map(async (token, i) => {
            try {
              await stores[i % 3]!.set(key, bytes(token), under(token));
              return true;
            } catch (error) {
              await assertFails('precondition-failed', 'an older token', () => Promise.reject(error));
              return false;
            }
          }),
        );
        assert.ok(written[tokens.indexOf('24')], 'the newest was refused');
        assert.equal(await readText(stores[0]!, key), '24');
      }
    },
  },
  {
    name: 'what a key remembers of tokens is there after everything was closed',
    needs: ['fence', 'durable'],
    async run({ open, restart }) {
      await (await open()).set('key', bytes('a'), under('5'));
      await (await open()).delete('key', under('6'));
      await restart();
      const store = await open();
      await assertFenced(store, 'key', 'an older token', () => store.set('key', bytes('b'), under('5')));
      await store.set('key', bytes('c'), under('6'));
    },
  },
];
