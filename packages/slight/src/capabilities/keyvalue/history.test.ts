import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findContradiction, type Action, type Step } from './history.ts';

const step = (from: number, until: number, action: Action): Step => ({ action, from, until });
const get = (from: number, until: number, value?: string) => step(from, until, { kind: 'get', value });
const set = (from: number, until: number, value: string) => step(from, until, { kind: 'set', value });
const swap = (from: number, until: number, was: string | undefined, value: string, swapped?: boolean) =>
  step(from, until, { kind: 'swap', from: was, value, swapped });
const add = (from: number, until: number, sum?: number) => step(from, until, { kind: 'add', delta: 1, sum });

const sound: { readonly [name: string]: readonly Step[] } = {
  'nothing at all': [],
  'one after the other': [
    get(0, 1),
    set(2, 3, 'a'),
    get(4, 5, 'a'),
    swap(6, 7, 'a', 'b', true),
    get(8, 9, 'b'),
  ],
  'reads during a write that see it or not': [set(0, 9, 'a'), get(1, 2), get(3, 4, 'a'), get(5, 6, 'a')],
  'writes at once, in either order': [set(0, 9, 'a'), set(0, 9, 'b'), get(10, 11, 'a'), get(12, 13, 'a')],
  'one of two swaps': [swap(0, 9, undefined, 'a', true), swap(0, 9, undefined, 'b', false), get(10, 11, 'a')],
  'an unknown write that is seen late': [set(0, Infinity, 'a'), get(5, 6), get(7, 8, 'a')],
  'an unknown write that never happens': [set(0, Infinity, 'a'), get(5, 6), get(7, 8)],
  'an unknown swap between two others': [
    set(0, 1, 'a'),
    swap(2, Infinity, 'a', 'b'),
    swap(3, 4, 'b', 'c', true),
    get(5, 6, 'c'),
  ],
  'a swap that fails since an unknown write came before': [
    set(0, 1, 'a'),
    set(1, Infinity, 'b'),
    swap(2, 3, 'a', 'c', false),
  ],
  'a count with an unknown part': [add(0, 1, 1), add(2, Infinity), add(3, 4, 3), get(5, 6, '3')],
};
const broken: { readonly [name: string]: readonly Step[] } = {
  'a read of what nobody wrote': [get(0, 1, 'a')],
  'a read of what was written later': [get(0, 1, 'a'), set(2, 3, 'a')],
  'a write that is lost': [set(0, 1, 'a'), get(2, 3)],
  'an old value after a new one': [set(0, 1, 'a'), set(2, 3, 'b'), get(4, 5, 'a')],
  'two reads that see a write in no order': [set(0, 9, 'a'), get(1, 2, 'a'), get(3, 4)],
  'two swaps that both succeed': [swap(0, 9, undefined, 'a', true), swap(0, 9, undefined, 'b', true)],
  'a swap that fails for no reason': [set(0, 1, 'a'), swap(2, 3, 'a', 'b', false)],
  'a swap that says failed and happened': [
    set(0, 1, 'a'),
    set(2, 3, 'c'),
    swap(4, 5, 'a', 'b', false),
    get(6, 7, 'b'),
  ],
  'an unknown write that is seen, gone and seen again': [
    set(0, Infinity, 'a'),
    set(0, 1, 'b'),
    get(2, 3, 'a'),
    get(4, 5, 'b'),
    get(6, 7, 'a'),
  ],
  'a sum that is given twice': [add(0, 9, 1), add(0, 9, 1)],
  'a sum that is left out': [add(0, 1, 1), add(2, 3, 3)],
};

for (const [name, history] of Object.entries(sound))
  void test(`sound: ${name}`, () => assert.equal(findContradiction(history), undefined));

for (const [name, history] of Object.entries(broken))
  void test(`found: ${name}`, () => {
    assert.ok(findContradiction(history) !== undefined);
    assert.ok(findContradiction(history.toReversed()) !== undefined);
  });

void test('of a history that is not sound, the step is told that no order gets past', () => {
  const lost = get(4, 5);
  assert.equal(findContradiction([set(0, 1, 'a'), get(2, 3, 'a'), lost, set(6, 7, 'b')]), lost);
});

/** Steps as a register would answer them, each at a moment between its beginning and its end. */
const honest = fc
  .array(
    fc.record({
      at: fc.integer({ min: 0, max: 200 }),
      before: fc.integer({ min: 0, max: 20 }),
      after: fc.integer({ min: 0, max: 20 }),
      kind: fc.constantFrom('get' as const, 'set' as const, 'swap' as const),
      guess: fc.nat(5),
      unknown: fc.boolean(),
      happens: fc.boolean(),
    }),
    { maxLength: 60 },
  )
  .map((drawn) => {
    let state: string | undefined;
    const values: (string | undefined)[] = [undefined];
    return drawn
      .toSorted((a, b) => a.at - b.at)
      .map(({ at, before, after, kind, guess, unknown, happens }, i): Step => {
        const [from, until] = [at - before, at + after];
        if (kind === 'get') return get(from, until, state);
        const value = `v${i}`;
        const was = values.at(-1 - (guess % values.length));
        const fits = kind === 'set' || was === state;
        if (fits && (happens || !unknown)) values.push((state = value));
        const end = unknown ? Infinity : until;
        if (kind === 'set') return set(from, end, value);
        return swap(from, end, was, value, unknown ? undefined : fits);
      });
  });

void test('whatever a register answers is sound, and no read of anything else is', () => {
  fc.assert(
    fc.property(honest, fc.nat(), (history, which) => {
      assert.equal(findContradiction(history), undefined);
      const reads = history.filter(({ action }) => action.kind === 'get');
      if (reads.length === 0) return;
      const changed = reads[which % reads.length]!;
      const lie = history.map((each) => (each === changed ? get(each.from, each.until, 'lie') : each));
      assert.ok(findContradiction(lie) !== undefined);
    }),
    { numRuns: 300 },
  );
});
