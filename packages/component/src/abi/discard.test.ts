import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planDiscard } from './discard.ts';
import type { ValueType } from './model.ts';

const own: ValueType = { kind: 'own', resource: 1 };
const text: ValueType = { kind: 'string' };
const option = (type: ValueType): ValueType => ({ kind: 'option', type });

const found: readonly (readonly [name: string, type: ValueType, value: unknown, owned: readonly string[]])[] =
  [
    ['alone', own, 'a', ['a']],
    ['in a list', { kind: 'list', element: own }, ['a', 'b'], ['a', 'b']],
    ['in a tuple', { kind: 'tuple', types: [text, own, own] }, ['x', 'a', 'b'], ['a', 'b']],
    [
      'in a record',
      {
        kind: 'record',
        fields: [
          { name: 'a-name', type: text },
          { name: 'its-stream', type: own },
        ],
      },
      { aName: 'x', itsStream: 'a' },
      ['a'],
    ],
    ['in a result', { kind: 'result', ok: own, err: text }, { tag: 'ok', val: 'a' }, ['a']],
    ['in the other case', { kind: 'result', ok: own, err: text }, { tag: 'err', val: 'x' }, []],
    ['in an error', { kind: 'result', err: own }, { tag: 'err', val: 'a' }, ['a']],
    [
      'in a variant',
      { kind: 'variant', cases: [{ name: 'none' }, { name: 'one', type: own }] },
      { tag: 'one', val: 'a' },
      ['a'],
    ],
    ['in an option', option(own), 'a', ['a']],
    ['in an option without one', option(own), undefined, []],
    ['in an option of an option', option(option(own)), { tag: 'some', val: 'a' }, ['a']],
    ['in an option of an option without one', option(option(own)), { tag: 'none' }, []],
    [
      'deep inside',
      { kind: 'result', ok: { kind: 'list', element: { kind: 'tuple', types: [text, option(own)] } } },
      {
        tag: 'ok',
        val: [
          ['x', 'a'],
          ['y', undefined],
        ],
      },
      ['a'],
    ],
  ];

for (const [name, type, value, owned] of found) {
  test(`what is owned is let go: ${name}`, () => {
    const dropped: unknown[] = [];
    planDiscard(type)!([() => assert.fail('of another type'), (object) => dropped.push(object)], value);
    assert.deepEqual(dropped, owned);
  });
}

test('types that own nothing have no plan', () => {
  const borrow: ValueType = { kind: 'borrow', resource: 1 };
  for (const type of [
    undefined,
    text,
    borrow,
    option(option(text)),
    { kind: 'list', element: borrow },
    { kind: 'tuple', types: [text] },
    { kind: 'record', fields: [{ name: 'a', type: text }] },
    { kind: 'variant', cases: [{ name: 'a' }, { name: 'b', type: text }] },
    { kind: 'result', ok: text, err: text },
  ] as const)
    assert.equal(planDiscard(type), undefined);
});

test('one that cannot be let go keeps none of the others, and a rejection is nobody’s', async () => {
  const dropped: unknown[] = [];
  const drop = (object: unknown) => {
    dropped.push(object);
    if (object === 'a') throw new Error('stuck');
    return Promise.reject(new Error('stuck later'));
  };
  planDiscard({ kind: 'list', element: own })!([undefined, drop], ['a', 'b', 'c']);
  await new Promise(setImmediate);
  assert.deepEqual(dropped, ['a', 'b', 'c']);
  // Of a type whose end nobody wants to hear.
  planDiscard(own)!([undefined, undefined], 'a');
});
