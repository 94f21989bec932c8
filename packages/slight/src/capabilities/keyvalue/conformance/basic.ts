import assert from 'node:assert/strict';
import { assertBytes, assertFails, bytes, readText, type CheckDefinition } from './check.ts';

export const basicChecks: readonly CheckDefinition[] = [
  {
    name: 'a missing key has no value, which is no error',
    needs: [],
    async run({ open }) {
      const store = await open();
      assert.equal(await store.get('missing'), undefined);
      assert.equal(await store.exists('missing'), false);
    },
  },
  {
    name: 'a value comes back byte by byte',
    needs: [],
    async run({ open }) {
      const store = await open();
      const values = {
        text: bytes('grüße, 世界 🌍'),
        json: bytes('{"a":[1,true,null]}'),
        empty: new Uint8Array(0),
        zeros: new Uint8Array(16),
        everyByte: Uint8Array.from({ length: 256 }, (_, i) => i),
        notUtf8: Uint8Array.of(0xff, 0xfe, 0xc0, 0x80),
        partOfBuffer: new Uint8Array(Uint8Array.from({ length: 64 }, (_, i) => i).buffer, 8, 16),
      };
      for (const [key, value] of Object.entries(values)) await store.set(key, value);
      for (const [key, value] of Object.entries(values)) assertBytes(await store.get(key), value, key);
    },
  },
  {
    name: 'the largest value fits, a larger one is invalid-argument and writes nothing',
    needs: [],
    async run({ open, largest }) {
      const store = await open();
      const value = new Uint8Array(largest);
      for (let at = 0; at < value.length; at += 4_096) value[at] = at % 251;
      await store.set('large', value);
      assertBytes(await store.get('large'), value, 'the largest value');
      await assertFails('invalid-argument', 'set', () => store.set('larger', new Uint8Array(largest + 1)));
      assert.equal(await store.exists('larger'), false);
    },
  },
  {
    name: 'a set replaces the value',
    needs: [],
    async run({ open }) {
      const store = await open();
      await store.set('key', bytes('a longer first value'));
      await store.set('key', bytes('second'));
      assert.equal(await readText(store, 'key'), 'second');
      await store.set('key', bytes(''));
      assert.equal(await readText(store, 'key'), '');
    },
  },
  {
    name: 'a value that is empty exists',
    needs: [],
    async run({ open }) {
      const store = await open();
      await store.set('empty', new Uint8Array(0));
      assert.equal(await store.exists('empty'), true);
    },
  },
  {
    name: 'a delete removes the value, and only this one',
    needs: [],
    async run({ open }) {
      const store = await open();
      await store.set('gone', bytes('1'));
      await store.set('gone too', bytes('2'));
      await store.delete('gone');
      assert.equal(await store.get('gone'), undefined);
      assert.equal(await store.exists('gone'), false);
      assert.equal(await readText(store, 'gone too'), '2');
    },
  },
  {
    name: 'deleting a missing key is no error',
    needs: [],
    async run({ open }) {
      const store = await open();
      await store.delete('never there');
      await store.set('key', bytes('1'));
      await store.delete('key');
      await store.delete('key');
    },
  },
  {
    name: 'the caller may change a buffer that it passed or got',
    needs: [],
    async run({ open }) {
      const store = await open();
      const passed = bytes('before');
      await store.set('key', passed);
      passed.fill(0);
      const got = await store.get('key');
      assertBytes(got, bytes('before'), 'after a change to the passed buffer');
      got!.fill(0);
      assertBytes(await store.get('key'), bytes('before'), 'after a change to the returned buffer');
    },
  },
  {
    name: 'a client reads its own writes',
    needs: [],
    async run({ open }) {
      const store = await open();
      for (let i = 0; i < 50; i++) {
        await store.set('key', bytes(String(i)));
        assert.equal(await readText(store, 'key'), String(i));
      }
    },
  },
  {
    name: 'two opens of one name see the same data',
    needs: [],
    async run({ open }) {
      const one = await open();
      const other = await open();
      await one.set('key', bytes('by one'));
      assert.equal(await readText(other, 'key'), 'by one');
      assert.equal(await readText(one, 'key'), 'by one');
      await other.set('key', bytes('by other'));
      assert.equal(await readText(one, 'key'), 'by other');
      await one.delete('key');
      assert.equal(await other.exists('key'), false);
    },
  },
  {
    name: 'two names share nothing',
    needs: [],
    async run({ open, features }) {
      // Joined carelessly, these pairs of name and key come out the same.
      const pairs = [
        ['a', 'b:c'],
        ['a:b', 'c'],
        ['a/b', 'c'],
        ['a', 'b/c'],
        ['a%3Ab', 'c'],
      ] as const;
      for (const [name, key] of pairs) await (await open(name)).set(key, bytes(`${name} ${key}`));
      for (const [name, key] of pairs) assert.equal(await readText(await open(name), key), `${name} ${key}`);
      const other = await open('a:b');
      assert.equal(await other.exists('b:c'), false);
      if (features.has('list')) assert.deepEqual((await other.keys()).keys, ['c']);
      await other.delete('b:c');
      assert.equal(await (await open('a')).exists('b:c'), true);
    },
  },
  {
    name: 'writes at once, to different keys, are all kept',
    needs: [],
    async run({ open }) {
      const stores = [await open(), await open()];
      const keys = Array.from({ length: 60 }, (_, i) => `key ${i}`);
      await Promise.all(keys.map(async (key, i) => stores[i % 2]!.set(key, bytes(key))));
      for (const key of keys) assert.equal(await readText(stores[0]!, key), key);
    },
  },
  {
    name: 'a closed store answers cancelled, and the other opens go on',
    needs: [],
    async run({ open }) {
      const one = await open();
      const other = await open();
      await one.set('key', bytes('1'));
      await one.close();
      await one.close();
      await assertFails('cancelled', 'get', () => one.get('key'));
      await assertFails('cancelled', 'set', () => one.set('key', bytes('2')));
      assert.equal(await readText(other, 'key'), '1');
    },
  },
  {
    name: 'a store that is open answers a ping',
    needs: [],
    async run({ open }) {
      const store = await open();
      await store.ping();
      await store.close();
      await assertFails('cancelled', 'ping', () => store.ping());
    },
  },
];
