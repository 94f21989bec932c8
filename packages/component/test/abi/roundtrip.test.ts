import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileType } from '../../src/abi/compile.ts';
import { liftFunction } from '../../src/abi/lift.ts';
import { lowerFunction } from '../../src/abi/lower.ts';
import { createContext } from '../../src/abi/memory.ts';
import type { FuncType } from '../../src/abi/model.ts';
import { typed, valueOf, valueType } from './arbitraries.ts';
import { createInstance, createMemory } from './instance.ts';
import * as reference from './reference.ts';

const ENCODINGS = ['utf8', 'utf16', 'latin1+utf16'] as const;

function setUp(encoding: reference.Encoding) {
  const memory = createMemory();
  const cx = createContext(createInstance(), { encoding, async: false }, memory);
  const machine: reference.Machine = { memory: memory.memory, encoding, allocate: memory.allocate };
  return { memory, cx, machine };
}

test('layouts are those of the Canonical ABI', () => {
  fc.assert(
    fc.property(valueType, (type) => {
      const { size, align, flat } = compileType(type, 'utf8');
      assert.deepEqual({ size, align }, { size: reference.size(type), align: reference.align(type) });
      const expected = reference.flatten(type);
      // Beyond what fits in parameters, how many there are does not matter.
      if (expected.length <= 16) assert.deepEqual(flat, expected);
      else assert.ok(flat.length > 16);
    }),
  );
});

for (const encoding of ENCODINGS) {
  test(`values pass through memory unchanged (${encoding})`, () => {
    fc.assert(
      fc.property(typed, ({ type, value }) => {
        const { memory, cx, machine } = setUp(encoding);
        const codec = compileType(type, encoding);
        assert.equal(codec.check(cx, value), undefined);

        const at = memory.allocate(codec.align, codec.size);
        cx.memory.refresh();
        codec.store(cx, at, value);
        assert.deepStrictEqual(reference.load(machine, at, type), value);

        const other = memory.allocate(codec.align, codec.size);
        reference.store(machine, other, type, value);
        cx.memory.refresh();
        assert.deepStrictEqual(codec.load(cx, other), value);
      }),
    );
  });

  test(`values pass through core values unchanged (${encoding})`, () => {
    fc.assert(
      fc.property(typed, ({ type, value }) => {
        const { cx, machine } = setUp(encoding);
        const codec = compileType(type, encoding);
        fc.pre(codec.flat.length <= 16);
        const core: unknown[] = [];
        codec.lower(cx, value, core);
        assert.deepEqual(
          core.map((one) => typeof one),
          codec.flat.map((one) => (one === 'i64' ? 'bigint' : 'number')),
        );
        assert.deepStrictEqual(reference.liftFlat(machine, type, core), value);

        const expected = reference.lowerFlat(machine, type, value);
        cx.memory.refresh();
        assert.deepStrictEqual(codec.lift(cx, ['before', ...expected], 1), value);
        if (codec.lift1) assert.deepStrictEqual(codec.lift1(cx, expected[0]), value);
        if (codec.lift2) assert.deepStrictEqual(codec.lift2(cx, expected[0], expected[1]), value);
        if (codec.lower1)
          assert.deepStrictEqual(reference.liftFlat(machine, type, [codec.lower1(cx, value)]), value);
      }),
    );
  });
}

const call = fc
  .tuple(fc.array(valueType, { maxLength: 6 }), fc.option(valueType, { nil: undefined }))
  .chain(([params, result]) =>
    fc.record({
      type: fc.constant<FuncType>({
        params: params.map((type, i) => ({ name: `p${i}`, type })),
        result,
        async: false,
      }),
      args: fc.tuple(...params.map(valueOf)),
      answer: result ? valueOf(result) : fc.constant(undefined),
    }),
  );

test('arguments and results pass through functions unchanged, whichever way they are passed', () => {
  fc.assert(
    fc.property(call, ({ type, args, answer }) => {
      const { memory, cx } = setUp('utf8');
      const options = { encoding: 'utf8', async: false } as const;
      const received: unknown[][] = [];
      const host = (...values: unknown[]): unknown => {
        received.push(values);
        return answer;
      };
      const lowered = lowerFunction(type, options);
      const { start } = lowered.bind(cx.instance, memory, { kind: 'host', name: 'f', call: host })
        .imports as {
        start: (...core: unknown[]) => unknown;
      };
      const spilled = type.result && lowered.signature.results.length === 0;
      // A guest whose export passes everything on to its import.
      const core = (...values: unknown[]): unknown => {
        assert.equal(values.length + (spilled ? 1 : 0), lowered.signature.params.length);
        if (!spilled) return start(...values);
        const pointer = memory.allocate(8, reference.size(type.result!));
        start(...values, pointer);
        return pointer;
      };
      const lifted = liftFunction(type, options).bind(cx.instance, memory, core);
      assert.deepStrictEqual(lifted.callSync(args), answer);
      assert.deepStrictEqual(received, [args]);
    }),
  );
});
