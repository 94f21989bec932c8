import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FuncType, ValueType } from '../abi/model.ts';
import { compareFuncTypes, explain, writeType } from './text.ts';

const u8: ValueType = { kind: 'u8' };
const text: ValueType = { kind: 'string' };
const nameResource = (slot: number) => `thing-${slot}`;

test('types are written as in WIT', () => {
  const types: readonly (readonly [ValueType | undefined, string])[] = [
    [undefined, 'nothing'],
    [text, 'string'],
    [{ kind: 'list', element: u8 }, 'list<u8>'],
    [{ kind: 'list', element: u8, length: 4 }, 'list<u8, 4>'],
    [{ kind: 'tuple', types: [u8, text] }, 'tuple<u8, string>'],
    [
      {
        kind: 'record',
        fields: [
          { name: 'a', type: u8 },
          { name: 'b-c', type: text },
        ],
      },
      'record { a: u8, b-c: string }',
    ],
    [{ kind: 'variant', cases: [{ name: 'a' }, { name: 'b', type: u8 }] }, 'variant { a, b(u8) }'],
    [{ kind: 'enum', names: ['a', 'b'] }, 'enum { a, b }'],
    [{ kind: 'flags', names: ['a'] }, 'flags { a }'],
    [{ kind: 'option', type: u8 }, 'option<u8>'],
    [{ kind: 'result' }, 'result'],
    [{ kind: 'result', ok: u8 }, 'result<u8>'],
    [{ kind: 'result', err: u8 }, 'result<_, u8>'],
    [{ kind: 'own', resource: 3 }, 'own<thing-3>'],
    [{ kind: 'borrow', resource: 0 }, 'borrow<thing-0>'],
    [{ kind: 'stream', element: u8 }, 'stream<u8>'],
    [{ kind: 'future' }, 'future'],
  ];
  for (const [type, wanted] of types) assert.equal(writeType(type, nameResource), wanted);
});

test('an endless type is cut', () => {
  let type: ValueType = u8;
  for (let depth = 0; depth < 60; depth++) type = { kind: 'tuple', types: [type, type] };
  const written = writeType(type, nameResource);
  assert.match(written, /^tuple<tuple<.*…$/);
  assert.ok(written.length < 200);
  const names = Array.from({ length: 1000 }, (_, n) => `n${n}`);
  assert.match(writeType({ kind: 'enum', names }, nameResource), /^enum \{ n0, n1, .*…$/);
});

test('function types are compared where they first differ', () => {
  const func = (
    params: readonly (readonly [string, ValueType])[],
    result?: ValueType,
    async = false,
  ): FuncType => ({
    params: params.map(([name, type]) => ({ name, type })),
    result,
    async,
  });
  const wanted = func([['a', u8]], text);
  for (const [found, message] of [
    [func([['a', u8]], text, true), 'it is async'],
    [func([], text), 'expected 1 parameters, found 0'],
    [func([['b', u8]], text), 'expected parameter named `a`, found `b`'],
    [
      func([['a', text]], text),
      'type mismatch in function parameter `a`: it is string, but u8 is needed: expected u8, found string',
    ],
    [func([['a', u8]]), 'expected a result, found none'],
  ] as const) {
    assert.equal(compareFuncTypes(wanted, found, nameResource), message);
  }
});

test('value types are compared along the way to where they first differ', () => {
  const named = (...fields: readonly (readonly [string, ValueType])[]) =>
    fields.map(([name, type]) => ({ name, type }));
  const record = (...fields: readonly (readonly [string, ValueType])[]): ValueType => ({
    kind: 'record',
    fields: named(...fields),
  });
  const own: ValueType = { kind: 'own', resource: 1 };
  for (const [wanted, found, message] of [
    [u8, text, 'expected u8, found string'],
    [own, { kind: 'borrow', resource: 1 }, 'expected own, found borrow'],
    [
      { kind: 'list', element: { kind: 'option', type: own } },
      { kind: 'list', element: { kind: 'option', type: { kind: 'own', resource: 2 } } },
      'type mismatch in list elements: type mismatch in option: resource types are not the same',
    ],
    [
      { kind: 'list', element: u8, length: 3 },
      { kind: 'list', element: u8 },
      'expected 3 elements, found any number',
    ],
    [record(['a', u8]), record(['a', u8], ['b', u8]), 'expected 1 fields, found 2'],
    [record(['a', u8]), record(['b', u8]), 'expected field name `a`, found `b`'],
    [
      record(['a', u8], ['b', u8]),
      record(['a', u8], ['b', text]),
      'type mismatch in record field `b`: expected u8, found string',
    ],
    [
      { kind: 'variant', cases: [{ name: 'a' }] },
      { kind: 'variant', cases: [{ name: 'a', type: u8 }] },
      'expected case `a` to have no type',
    ],
    [
      { kind: 'variant', cases: [{ name: 'a', type: u8 }] },
      { kind: 'variant', cases: [{ name: 'a' }] },
      'expected case `a` to have a type, found none',
    ],
    [
      { kind: 'variant', cases: [{ name: 'a' }] },
      { kind: 'variant', cases: [{ name: 'b' }] },
      'expected case named `a`, found `b`',
    ],
    [
      { kind: 'tuple', types: [u8, u8] },
      { kind: 'tuple', types: [u8, text] },
      'type mismatch in tuple field 1: expected u8, found string',
    ],
    [{ kind: 'enum', names: ['a'] }, { kind: 'enum', names: ['b'] }, 'mismatch in enum elements'],
    [{ kind: 'result' }, { kind: 'result', err: u8 }, 'expected err type to not be present'],
    [{ kind: 'result', ok: u8 }, { kind: 'result' }, 'expected ok type, but found none'],
    [
      { kind: 'result', ok: u8 },
      { kind: 'result', ok: text },
      'type mismatch in ok variant: expected u8, found string',
    ],
  ] as const satisfies readonly (readonly [ValueType, ValueType, string])[]) {
    assert.equal(explain(wanted, found), message);
  }
});
