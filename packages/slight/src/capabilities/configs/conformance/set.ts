import { assertFails, assertValue, type CheckDefinition } from './check.ts';

export const setChecks: readonly CheckDefinition[] = [
  {
    name: 'what was set is there, for whoever opened the same name too',
    needs: ['set'],
    async run({ open }) {
      const configs = await open({ values: { PLAIN: 'before' }, absent: ['NEW'] });
      const other = await open();
      await configs.set('PLAIN', 'grüße\n"1"');
      await configs.set('NEW', '');
      for (const each of [configs, other]) {
        await assertValue(each, 'PLAIN', 'grüße\n"1"');
        await assertValue(each, 'NEW', '');
      }
    },
  },
  {
    name: 'what is set under a name is set under no other',
    needs: ['set'],
    async run({ open }) {
      const given = { values: { SHARED: 'before' } };
      const one = await open(given, 'one');
      const two = await open(given, 'two');
      await one.set('SHARED', 'after');
      await assertValue(one, 'SHARED', 'after');
      await assertValue(two, 'SHARED', 'before');
    },
  },
  {
    name: 'a secret that is set stays one',
    needs: ['set'],
    async run({ open }) {
      const configs = await open({ secrets: { KEY: 'before' } });
      await configs.set('KEY', 'after');
      await assertValue(configs, 'KEY', { secret: 'after' });
    },
  },
  {
    name: 'what cannot be set is invalid-argument, and changes nothing',
    needs: ['set'],
    async run({ open }) {
      const configs = await open({ values: { PLAIN: 'before' } });
      await assertFails('invalid-argument', 'an empty key', () => configs.set('', 'x'));
      await assertFails('invalid-argument', 'a long value', () =>
        configs.set('PLAIN', 'x'.repeat(1024 * 1024 + 1)),
      );
      await assertFails('invalid-argument', 'half a pair', () => configs.set('PLAIN', '\ud800'));
      await assertValue(configs, 'PLAIN', 'before');
      await configs.set('PLAIN', 'x'.repeat(1024 * 1024));
    },
  },
];
