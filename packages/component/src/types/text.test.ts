import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FuncType, ValueType } from '../abi/model.ts';
import { compareFuncTypes, writeType } from './text.ts';

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
    [func([], text), 'it has 0 parameters, but 1 are needed'],
    [func([['b', u8]], text), 'its parameter 1 is called b, but a is needed'],
    [func([['a', text]], text), 'its parameter a is string, but u8 is needed'],
    [func([['a', u8]]), 'its result is nothing, but string is needed'],
  ] as const) {
    assert.equal(compareFuncTypes(wanted, found, nameResource), message);
  }
});
