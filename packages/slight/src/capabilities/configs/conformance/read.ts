import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { Secret } from '../../core/secret.ts';
import { assertFails, assertValue, readAll, type CheckDefinition } from './check.ts';

const values = {
  PLAIN: 'value',
  UNICODE: 'grüße, 世界 🌍',
  SPACES: '  two  words  ',
  MARKS: `it's "quoted" = #1 \\n $HOME`,
  LINES: 'one\ntwo',
};

export const readChecks: readonly CheckDefinition[] = [
  {
    name: 'a value is text as it was given',
    needs: [],
    async run({ open }) {
      const configs = await open({ values });
      for (const [key, value] of Object.entries(values)) await assertValue(configs, key, value);
    },
  },
  {
    name: 'a value may be empty',
    needs: [],
    async run({ open }) {
      const configs = await open({ values: { EMPTY: '' } });
      await assertValue(configs, 'EMPTY', '');
      assert.deepEqual(await readAll(configs), { EMPTY: '' });
    },
  },
  {
    name: 'a key without a value is none, also one that every object has',
    needs: [],
    async run({ open }) {
      const absent = ['MISSING', 'constructor', '__proto__', 'toString'];
      const configs = await open({ values: { PLAIN: 'value' }, absent });
      for (const key of absent) await assertValue(configs, key, undefined);
    },
  },
  {
    name: 'all values are those that have one, as get gives them',
    needs: [],
    async run({ open }) {
      const configs = await open({ values, secrets: { KEY: 'secret' }, absent: ['MISSING'] });
      assert.deepEqual(await readAll(configs), { ...values, KEY: { secret: 'secret' } });
    },
  },
  {
    name: 'a secret is a secret, and shows itself nowhere',
    needs: [],
    async run({ open }) {
      const configs = await open({ values: { PLAIN: 'value' }, secrets: { KEY: 'c4nary' } });
      const secret = await configs.get('KEY');
      assert.ok(secret instanceof Secret, 'it is given as plain text');
      assert.equal(secret.reveal(), 'c4nary');
      const all = Object.fromEntries(await configs.getAll());
      for (const shown of [String(secret), JSON.stringify(all), inspect(all, { showHidden: true })])
        assert.ok(!shown.includes('c4nary'), 'it shows itself');
    },
  },
  {
    name: 'a name has its own values, and no others',
    needs: [],
    async run({ open }) {
      const one = await open({ values: { FIRST: 'one' } }, 'one');
      const two = await open({ values: { SECOND: 'two' } }, 'two');
      assert.deepEqual(await readAll(one), { FIRST: 'one' });
      assert.deepEqual(await readAll(two), { SECOND: 'two' });
    },
  },
  {
    name: 'a key that cannot be is invalid-argument',
    needs: [],
    async run({ open }) {
      const configs = await open({ values: { PLAIN: 'value' } });
      for (const key of ['', 'x'.repeat(1_025), 'ü'.repeat(513), '\ud800'])
        await assertFails('invalid-argument', `get of ${JSON.stringify(key)}`, () => configs.get(key));
    },
  },
  {
    name: 'what is closed is cancelled',
    needs: [],
    async run({ open }) {
      const configs = await open({ values: { PLAIN: 'value' } });
      await configs.ping();
      await configs.close();
      await assertFails('cancelled', 'get', () => configs.get('PLAIN'));
      await configs.close();
    },
  },
];
