import assert from 'node:assert/strict';
import type { KeyPage, KeyValue } from '../contract.ts';
import { assertFails, bytes, listAll, listSorted, type CheckDefinition } from './check.ts';

async function fill(store: KeyValue, keys: readonly string[]): Promise<void> {
  for (const key of keys) await store.set(key, bytes(key));
}

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(4, '0')}`);
}

/** Lists in small pages and does something after each but the last. Gives all keys of all pages. */
async function listWith(store: KeyValue, between: (page: number) => Promise<void>): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 10_000; page++) {
    const answer: KeyPage = await store.keys(cursor === undefined ? { limit: 7 } : { limit: 7, cursor });
    found.push(...answer.keys);
    cursor = answer.cursor;
    if (cursor === undefined) return found;
    await between(page);
  }
  return assert.fail('the listing does not end');
}

/** That each of `keys` was found once; more than once only where the backend gives no order. */
function assertAllFound(found: string[], keys: readonly string[], ordered: boolean): void {
  const missing = keys.filter((key) => !found.includes(key));
  assert.deepEqual(missing, [], 'keys that were there throughout and were not listed');
  if (ordered) assert.equal(new Set(found).size, found.length, 'keys were listed twice');
}

export const listChecks: readonly CheckDefinition[] = [
  {
    name: 'an empty store lists nothing',
    needs: ['list'],
    async run({ open }) {
      assert.deepEqual((await listAll(await open())).flat(), []);
    },
  },
  {
    name: 'every key is listed, whatever the size of the pages',
    needs: ['list'],
    async run({ open }) {
      const store = await open();
      const keys = numbered('key', 61);
      await fill(store, keys);
      for (const limit of [undefined, 1, 2, 3, 60, 61, 62, 100_000]) {
        const found = await listSorted(store, limit === undefined ? {} : { limit });
        assert.deepEqual(found, keys, `pages of ${limit}`);
      }
    },
  },
  {
    name: 'a long listing comes in pages',
    needs: ['list'],
    async run({ open }) {
      const store = await open();
      await fill(store, numbered('key', 300));
      assert.ok((await listAll(store, { limit: 10 })).length > 1, 'all keys came in one page of 10');
    },
  },
  {
    name: 'a prefix is plain text: case and wildcards count',
    needs: ['list'],
    async run({ open }) {
      const store = await open();
      const prefixes = [
        'a',
        'A',
        '*',
        '?',
        '[ab]',
        '\\',
        'a*',
        'a\\*',
        '%',
        '_',
        '||',
        '{a}',
        '^',
        'ä',
        'a:',
        '\0',
      ];
      const keys = prefixes.flatMap((prefix) => [prefix, `${prefix}1`, `${prefix}/2`]);
      await fill(store, keys);
      for (const prefix of [...prefixes, '', 'a/', 'none']) {
        const expected = keys.filter((key) => key.startsWith(prefix)).toSorted();
        assert.deepEqual(await listSorted(store, { prefix }), expected, JSON.stringify(prefix));
        assert.deepEqual(
          await listSorted(store, { prefix, limit: 2 }),
          expected,
          `${JSON.stringify(prefix)} in pages`,
        );
      }
    },
  },
  {
    name: 'a deleted key is not listed, a replaced one once',
    needs: ['list'],
    async run({ open }) {
      const store = await open();
      await fill(store, ['a', 'b', 'c']);
      await store.delete('b');
      await store.set('c', bytes('again'));
      assert.deepEqual((await listAll(store)).flat().toSorted(), ['a', 'c']);
    },
  },
  {
    name: 'keys of other stores are not listed',
    needs: ['list'],
    async run({ open }) {
      const store = await open('s');
      await fill(await open('s2'), ['foreign']);
      await fill(await open('S'), ['foreign']);
      await fill(await open('s:x'), ['foreign']);
      await fill(await open('*'), ['foreign']);
      await fill(store, ['own']);
      assert.deepEqual((await listAll(store)).flat(), ['own']);
      assert.deepEqual((await listAll(await open('*'))).flat(), ['foreign']);
    },
  },
  {
    name: 'keys come in the order of their UTF-8 bytes',
    needs: ['list', 'ordered'],
    async run({ open }) {
      const store = await open();
      const keys = [
        'b',
        'B',
        'a',
        'a!',
        'aa',
        '\0',
        '~',
        'é',
        '世',
        '\ufffd',
        '\ue000',
        '🌍',
        '\u{10ffff}',
        '\ud7ff',
      ];
      await fill(store, keys);
      const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      assert.deepEqual((await listAll(store)).flat(), sorted);
      assert.deepEqual((await listAll(store, { limit: 3 })).flat(), sorted);
    },
  },
  {
    name: 'a key that stays is listed while others come between the pages',
    needs: ['list'],
    async run({ open, features }) {
      const store = await open();
      const keys = numbered('m', 60);
      await fill(store, keys);
      const found = await listWith(store, async (page) => {
        if (page < 30) await fill(store, [`a${page}`, `m00${page}x`, `z${page}`]);
      });
      assertAllFound(found, keys, features.has('ordered'));
    },
  },
  {
    name: 'a key that stays is listed while others go between the pages',
    needs: ['list'],
    async run({ open, features }) {
      const store = await open();
      const stay = numbered('stay', 40);
      const go = [...numbered('a', 30), ...numbered('stay0', 30), ...numbered('z', 30)];
      await fill(store, [...stay, ...go]);
      const found = await listWith(store, async () => {
        for (const key of go.splice(0, 9)) await store.delete(key);
      });
      assertAllFound(found, stay, features.has('ordered'));
    },
  },
  {
    name: 'the key that ends a page may go before the next',
    needs: ['list'],
    async run({ open, features }) {
      const store = await open();
      const keys = numbered('k', 40);
      await fill(store, keys);
      const first = await store.keys({ limit: 5 });
      for (const key of first.keys) await store.delete(key);
      const rest: string[] = [];
      for (let cursor = first.cursor; cursor !== undefined;) {
        const page: KeyPage = await store.keys({ cursor, limit: 5 });
        rest.push(...page.keys);
        cursor = page.cursor;
      }
      assertAllFound(
        rest,
        keys.filter((key) => !first.keys.includes(key)),
        features.has('ordered'),
      );
    },
  },
  {
    name: 'a cursor that no page gave is invalid-argument',
    needs: ['list'],
    async run({ open }) {
      const store = await open();
      await assertFails('invalid-argument', 'keys', () => store.keys({ cursor: 'no cursor!' }));
      await assertFails('invalid-argument', 'keys', () => store.keys({ cursor: '' }));
      await assertFails('invalid-argument', 'keys', () => store.keys({ cursor: '!'.repeat(10_000) }));
    },
  },
];
