import { assertFails, assertTaken, long, take, type CheckDefinition } from './check.ts';

const names = [
  'a',
  'A',
  'a ',
  'ä',
  'a\u0308',
  'a/b',
  'a:b',
  '../a',
  'a\0b',
  'a\nb',
  '%61',
  '*',
  '🔒',
  'x'.repeat(1_024),
  `${'x'.repeat(1_023)}y`,
];

export const nameChecks: readonly CheckDefinition[] = [
  {
    name: 'every name is a lock of its own',
    needs: [],
    async run({ open }) {
      const locks = await open();
      const tokens = new Map<string, bigint>();
      for (const name of names) tokens.set(name, (await take(locks, name)).token);
      for (const name of names) await assertTaken(locks, name, JSON.stringify(name.slice(0, 20)));
      for (const [name, token] of tokens) await locks.release(name, token);
      for (const name of names) await take(locks, name);
    },
  },
  {
    name: 'locks of two names in the slightfile have nothing to do with each other',
    needs: [],
    async run({ open }) {
      const one = await open('one');
      const two = await open('two');
      const held = await take(one, 'a');
      const { token } = await take(two, 'a');
      await two.release('a', token);
      await assertTaken(one, 'a', 'after a release under the other name');
      await assertFails('precondition-failed', 'a release with a token of the other', () =>
        two.release('a', held.token),
      );
      await take(two, 'a');
    },
  },
  {
    name: 'a name that cannot be is invalid-argument',
    needs: [],
    async run({ open }) {
      const locks = await open();
      for (const name of ['', 'x'.repeat(1_025), 'ü'.repeat(513), '\ud800']) {
        const what = JSON.stringify(name.slice(0, 20));
        await assertFails('invalid-argument', `acquire of ${what}`, () => locks.acquire(name, long, 0));
        await assertFails('invalid-argument', `renew of ${what}`, () => locks.renew(name, 1n, long));
        await assertFails('invalid-argument', `release of ${what}`, () => locks.release(name, 1n));
      }
    },
  },
  {
    name: 'what is closed is cancelled',
    needs: [],
    async run({ open }) {
      const locks = await open();
      await locks.ping();
      await locks.close();
      await assertFails('cancelled', 'acquire', () => locks.acquire('a', long, 0));
      await locks.close();
    },
  },
];
