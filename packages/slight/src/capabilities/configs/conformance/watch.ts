import assert from 'node:assert/strict';
import type { ConfigWatch } from '../contract.ts';
import { assertFails, assertValue, eventually, type CheckDefinition } from './check.ts';

/** Until the key is told of; a change may take its time to be seen. */
async function hear(watch: ConfigWatch, key: string): Promise<void> {
  await eventually(`the change of ${key} is told`, async () => (await watch.next(1_000)).includes(key));
}

export const watchChecks: readonly CheckDefinition[] = [
  {
    name: 'a change is told by its key, once, and the value is there by then',
    needs: ['watch'],
    async run({ open, change }) {
      const configs = await open({ values: { ONE: 'before', TWO: 'stays' }, secrets: { KEY: 'before' } });
      const watch = await configs.watch();
      for (const [key, value] of [
        ['ONE', 'after'],
        ['KEY', { secret: 'after' }],
      ] as const) {
        await change(configs, key, 'after');
        await hear(watch, key);
        await assertValue(configs, key, value);
        assert.deepEqual(await watch.next(0), [], 'it is told once');
      }
      watch.close();
    },
  },
  {
    name: 'a change ends a wait',
    needs: ['watch'],
    async run({ open, change }) {
      const configs = await open({ values: { ONE: 'before' } });
      const watch = await configs.watch();
      const waiting = watch.next(60_000);
      await change(configs, 'ONE', 'after');
      assert.deepEqual(await waiting, ['ONE']);
      watch.close();
    },
  },
  {
    name: 'what did not change is not told',
    needs: ['watch'],
    async run({ open, change }) {
      const configs = await open({ values: { ONE: 'same', TWO: 'same' } });
      const watch = await configs.watch();
      assert.deepEqual(await watch.next(0), []);
      assert.deepEqual(await watch.next(1), []);
      await change(configs, 'ONE', 'other');
      await eventually('only the change is told', async () => {
        const keys = await watch.next(1_000);
        assert.ok(!keys.includes('TWO'), 'TWO did not change');
        return keys.includes('ONE');
      });
      watch.close();
    },
  },
  {
    name: 'each watch hears of a change',
    needs: ['watch'],
    async run({ open, change }) {
      const configs = await open({ values: { ONE: 'before' } });
      const watches = [await configs.watch(), await configs.watch()];
      await change(configs, 'ONE', 'after');
      for (const watch of watches) await hear(watch, 'ONE');
      for (const watch of watches) watch.close();
    },
  },
  {
    name: 'to close a watch ends its wait, and what follows is cancelled',
    needs: ['watch'],
    async run({ open }) {
      const configs = await open({ values: { ONE: 'value' } });
      const watch = await configs.watch();
      const waiting = watch.next(60_000);
      watch.close();
      assert.deepEqual(await waiting, []);
      await assertFails('cancelled', 'next', () => watch.next(0));
    },
  },
  {
    name: 'a wait that cannot be is invalid-argument',
    needs: ['watch'],
    async run({ open }) {
      const watch = await (await open({ values: { ONE: 'value' } })).watch();
      for (const wait of [-1, Number.NaN]) {
        await assertFails('invalid-argument', String(wait), () => watch.next(wait));
      }
      watch.close();
    },
  },
];
