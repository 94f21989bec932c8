import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileType } from '../../src/abi/compile.ts';
import { liftFunction, planTaskReturn } from '../../src/abi/lift.ts';
import { lowerFunction } from '../../src/abi/lower.ts';
import { createContext } from '../../src/abi/memory.ts';
import type { CanonBindings, CanonOptions, FuncType, ValueType } from '../../src/abi/model.ts';
import { createStandardCodec, detectTextCodec } from '../../src/abi/text.ts';
import { isTrap } from '../../src/runtime/trap.ts';
import { createInstance, createMemory } from './instance.ts';

type Encoding = CanonOptions['encoding'];

const bytes: ValueType = { kind: 'list', element: { kind: 'u8' } };
const string: ValueType = { kind: 'string' };

function setUp(encoding: Encoding = 'utf8', bindings: CanonBindings = createMemory()) {
  const cx = createContext(createInstance(), { encoding, async: false }, bindings);
  return { cx, end: cx.memory.bytes.length, codec: (type: ValueType) => compileType(type, encoding) };
}

function traps(run: () => unknown, message: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(isTrap(error), `not a trap: ${String(error)}`);
    assert.equal(error.trap, 'abi');
    assert.match(error.message, message);
    return true;
  });
}

function read(type: ValueType, pointer: number, length: number, encoding?: Encoding): unknown {
  const { cx, codec } = setUp(encoding);
  return codec(type).lift(cx, [pointer, length], 0);
}

/** Lifts a string of these bytes. */
function readText(content: readonly number[], units: number, encoding: Encoding): unknown {
  const { cx, codec } = setUp(encoding);
  cx.memory.bytes.set(content, 64);
  return codec(string).lift(cx, [64, units], 0);
}

describe('reading', () => {
  const { end } = setUp();

  test('strings and lists lie inside the memory', () => {
    traps(() => read(string, end - 3, 4), /out of bounds|out-of-bounds/);
    traps(() => read(bytes, end, 1), /out of bounds|out-of-bounds/);
    traps(() => read(bytes, -1, 2), /out of bounds|out-of-bounds/);
    traps(() => read({ kind: 'list', element: { kind: 'u64' } }, end - 8, 2), /out of bounds|out-of-bounds/);
    assert.equal(read(string, end, 0), '');
    assert.deepEqual(read(bytes, end, 0), new Uint8Array());
    assert.equal((read(bytes, 0, end) as Uint8Array).length, end);
  });

  test('strings and lists are no longer than 2^28 - 1 bytes', () => {
    traps(() => read(string, 0, 2 ** 28), /longer than/);
    traps(() => read(bytes, 0, -1), /longer than/);
    traps(() => read(string, 0, 2 ** 27, 'utf16'), /longer than/);
    traps(() => read({ kind: 'list', element: { kind: 'u64' } }, 0, 2 ** 25), /longer than/);
  });

  test('pointers are aligned', () => {
    traps(() => read({ kind: 'list', element: { kind: 'u32' } }, 66, 1), /unaligned/);
    traps(() => read(string, 65, 1, 'utf16'), /unaligned/);
    traps(() => read(string, 65, 1, 'latin1+utf16'), /unaligned/);
    assert.equal(read(string, 65, 1), '\0');
  });

  for (const [name, content] of [
    ['a lone continuation', [0x80]],
    ['a cut sequence', [0xe2, 0x82]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['a bad byte after good ones', [...Array.from({ length: 40 }, () => 0x61), 0xff]],
  ] as const) {
    test(`utf8: ${name} is refused`, () =>
      traps(() => readText(content, content.length, 'utf8'), /(?:invalid|incomplete) utf-8/));
  }

  test('utf8: a replacement character that is really there is read', () => {
    assert.equal(readText([0xef, 0xbf, 0xbd, 0x21], 4, 'utf8'), '\ufffd!');
  });

  test('utf16: an unpaired surrogate is refused', () => {
    traps(() => readText([0x61, 0, 0x00, 0xd8], 2, 'utf16'), /invalid utf-16/);
    traps(() => readText([0x00, 0xdc, 0x00, 0xd8], 2 + 2 ** 31, 'latin1+utf16'), /invalid utf-16/);
    assert.equal(readText([0x3d, 0xd8, 0x00, 0xde], 2, 'utf16'), '\u{1f600}');
  });

  test('chars are Unicode scalar values', () => {
    const { cx, codec } = setUp();
    for (const code of [0xd800, 0xdfff, 0x110000, -1]) {
      traps(() => codec({ kind: 'char' }).lift(cx, [code], 0), /invalid `char`/);
    }
    assert.equal(codec({ kind: 'char' }).lift(cx, [0x10ffff], 0), '\u{10ffff}');
  });

  test('discriminants name a case', () => {
    const { cx, codec } = setUp();
    const enumeration = codec({ kind: 'enum', names: ['a', 'b'] });
    traps(() => enumeration.lift(cx, [2], 0), /discriminant 2/);
    traps(() => enumeration.lift(cx, [-1], 0), /discriminant 4294967295/);
    cx.memory.bytes[8] = 2;
    for (const type of [
      { kind: 'enum', names: ['a', 'b'] },
      { kind: 'option', type: string },
      { kind: 'result' },
      { kind: 'variant', cases: [{ name: 'a' }, { name: 'b', type: bytes }] },
    ] satisfies ValueType[]) {
      traps(() => codec(type).load(cx, 8), /discriminant 2/);
      traps(() => codec(type).lift(cx, [2, 0, 0], 0), /discriminant 2/);
    }
  });

  test('unused high bits of small integers, booleans and flags do not matter', () => {
    const { cx, codec } = setUp();
    assert.equal(codec({ kind: 'u8' }).lift(cx, [0x1ff], 0), 255);
    assert.equal(codec({ kind: 's8' }).lift(cx, [0x180], 0), -128);
    assert.equal(codec({ kind: 's16' }).lift(cx, [0x18000], 0), -32768);
    assert.equal(codec({ kind: 'bool' }).lift(cx, [0x100], 0), true);
    assert.deepEqual(codec({ kind: 'flags', names: ['a', 'b-c'] }).lift(cx, [0xfe], 0), {
      a: false,
      bC: true,
    });
  });

  test('NaNs lose their payload', () => {
    const { cx, codec } = setUp();
    cx.memory.view.setBigUint64(8, 0x7ff4_0000_dead_beefn, true);
    const value = codec({ kind: 'f64' }).load(cx, 8);
    codec({ kind: 'f64' }).store(cx, 16, value);
    assert.equal(cx.memory.view.getBigUint64(16, true), 0x7ff8_0000_0000_0000n);
  });

  test('asynchronous types are refused when a value passes', () => {
    const { cx, codec } = setUp();
    for (const kind of ['stream', 'future', 'error-context'] as const) {
      traps(() => codec({ kind }).lift(cx, [1], 0), /unsupported/);
      assert.match(codec({ kind }).check(cx, {})!, /not supported/);
    }
  });

  test('a field called __proto__ stays a field', () => {
    const { cx, codec } = setUp();
    const fields = ['a', 'b', 'c', 'd', '__proto__'].map((name) => ({ name, type: { kind: 'u8' } }) as const);
    for (const count of [1, 5]) {
      const record = codec({ kind: 'record', fields: fields.slice(-count) });
      for (const value of [record.load(cx, 8), record.lift(cx, [1, 2, 3, 4, 5], 0)]) {
        assert.ok(Object.hasOwn(value, '__proto__'));
        assert.equal(Object.getPrototypeOf(value), Object.prototype);
      }
    }
  });
});

describe('writing', () => {
  const reallocate = (pointer: number): CanonBindings => ({ ...createMemory(), realloc: () => pointer });

  test('what realloc gives is aligned and inside the memory', () => {
    const words: ValueType = { kind: 'list', element: { kind: 'u32' } };
    for (const [pointer, message] of [
      [65536, /out of bounds|out-of-bounds/],
      [-4, /out of bounds|out-of-bounds/],
      [66, /unaligned/],
    ] as const) {
      const { cx, codec } = setUp('utf8', reallocate(pointer));
      traps(() => codec(words).lower(cx, [1], []), message);
    }
    for (const encoding of ['utf16', 'latin1+utf16'] as const) {
      const { cx, codec } = setUp(encoding, reallocate(65));
      traps(() => codec(string).lower(cx, 'text', []), /unaligned/);
    }
    const { cx, codec } = setUp('utf8', reallocate(65530));
    traps(() => codec(string).lower(cx, 'too long for it', []), /out of bounds|out-of-bounds/);
    traps(() => codec(bytes).lower(cx, new Uint8Array(7), []), /out of bounds|out-of-bounds/);
  });

  test('without realloc nothing can be allocated', () => {
    const { cx, codec } = setUp('utf8', { memory: createMemory().memory });
    traps(() => codec(string).lower(cx, 'text', []), /no realloc/);
  });

  test('lone surrogates become U+FFFD', () => {
    for (const encoding of ['utf8', 'utf16', 'latin1+utf16'] as const) {
      const { cx, codec } = setUp(encoding);
      const core: number[] = [];
      codec(string).lower(cx, 'a\ud800b', core);
      assert.equal(codec(string).lift(cx, core, 0), 'a\ufffdb');
    }
  });

  test('a list too long for 32 bits is refused before anything is allocated', () => {
    const { cx, codec } = setUp();
    traps(
      () => codec({ kind: 'list', element: { kind: 'u64' } }).lower(cx, { length: 2 ** 26 }, []),
      /longer than/,
    );
  });

  test('numbers may come in typed arrays', () => {
    const { cx, codec } = setUp();
    const list = codec({ kind: 'list', element: { kind: 's16' } });
    const value = Int16Array.of(-1, 2, 3);
    assert.equal(list.check(cx, value), undefined);
    const core: unknown[] = [];
    list.lower(cx, value, core);
    assert.deepEqual(list.lift(cx, core, 0), [-1, 2, 3]);
    assert.match(list.check(cx, Uint16Array.of(1))!, /expected an array/);
    assert.equal(codec(bytes).check(cx, [1, 2]), undefined);
    assert.match(codec(bytes).check(cx, [1, 256])!, /^\[1\]: expected an integer from 0 to 255/);
  });
});

describe('values that do not fit', () => {
  const wrong: readonly (readonly [ValueType, unknown, RegExp])[] = [
    [{ kind: 'bool' }, 1, /expected a boolean \(bool\), found 1/],
    [{ kind: 'u8' }, 256, /0 to 255/],
    [{ kind: 's8' }, 1.5, /found 1.5/],
    [{ kind: 'u32' }, -1, /found -1/],
    [{ kind: 'u32' }, 1n, /found 1n/],
    [{ kind: 's32' }, 2 ** 31, /found 2147483648/],
    [{ kind: 'u16' }, Symbol('x'), /found a symbol/],
    [{ kind: 'u64' }, 1, /bigint/],
    [{ kind: 'u64' }, -1n, /found -1n/],
    [{ kind: 's64' }, 2n ** 63n, /64 bits/],
    [{ kind: 'f64' }, '1', /found "1"/],
    [{ kind: 'char' }, 'ab', /one Unicode scalar value/],
    [{ kind: 'char' }, '\ud800', /one Unicode scalar value/],
    [string, 7, /expected a string, found 7/],
    [bytes, 'text', /expected a Uint8Array, found "text"/],
    [{ kind: 'list', element: string }, [1], /^\[0\]: expected a string/],
    [{ kind: 'list', element: string, length: 2 }, ['a'], /expected 2 elements, found 1/],
    [{ kind: 'tuple', types: [string] }, [], /expected an array of 1/],
    [
      { kind: 'record', fields: [{ name: 'max-age', type: { kind: 'u8' } }] },
      {},
      /^\.maxAge: .*found undefined/,
    ],
    [{ kind: 'record', fields: [{ name: 'a', type: string }] }, null, /expected an object, found null/],
    [{ kind: 'enum', names: ['a', 'b'] }, 'c', /expected one of a, b, found "c"/],
    [{ kind: 'flags', names: ['a'] }, { a: 1 }, /^\.a: expected a boolean/],
    [{ kind: 'variant', cases: [{ name: 'a' }] }, { tag: 'b' }, /^\.tag: expected one of a, found "b"/],
    [{ kind: 'result', ok: string }, 'plain', /expected an object \{ tag, val \}/],
    [{ kind: 'result', ok: string }, { tag: 'ok' }, /^\.val: expected a string, found undefined/],
    [{ kind: 'option', type: string }, null, /expected a string, found null/],
    [{ kind: 'option', type: { kind: 'option', type: string } }, 'x', /expected an object \{ tag, val \}/],
  ];
  for (const [type, value, message] of wrong) {
    test(`${type.kind}: ${String(typeof value === 'object' ? JSON.stringify(value) : typeof value)}`, () => {
      const { cx, codec } = setUp();
      assert.match(codec(type).check(cx, value) ?? 'fits', message);
    });
  }
});

describe('functions', () => {
  const options: CanonOptions = { encoding: 'utf8', async: false };
  const echo: FuncType = { params: [{ name: 'text', type: string }], result: string, async: false };

  test('an argument that does not fit is a TypeError, and the guest is not entered', () => {
    let entered = 0;
    const memory = createMemory();
    const bindings = { ...memory, realloc: () => entered++ };
    const type: FuncType = { ...echo, params: [...echo.params, { name: 'count', type: { kind: 'u8' } }] };
    const callee = liftFunction(type, options).bind(createInstance(), bindings, () => entered++);
    const message = {
      name: 'TypeError',
      message: 'argument count: expected an integer from 0 to 255 (u8), found 300',
    };
    assert.throws(() => callee.callSync(['x', 300]), message);
    assert.throws(() => void callee.call(['x', 300]), message);
    assert.throws(() => callee.callSync(['x']), /expected 2 arguments, found 1/);
    assert.equal(entered, 0);
  });

  test('the guest can neither leave in realloc nor in post-return, and can afterwards', () => {
    const memory = createMemory();
    const instance = createInstance();
    const seen: boolean[] = [];
    const bindings = {
      ...memory,
      realloc: (...args: number[]) => {
        seen.push(instance.mayLeave);
        return memory.realloc!(...args);
      },
      postReturn: () => seen.push(instance.mayLeave),
    };
    const core = (pointer: number, length: number): number => {
      seen.push(instance.mayLeave);
      new DataView(memory.memory.buffer).setUint32(4096, pointer, true);
      new DataView(memory.memory.buffer).setUint32(4100, length, true);
      return 4096;
    };
    const callee = liftFunction(echo, options).bind(
      instance,
      { ...bindings, allocate: undefined } as CanonBindings,
      core,
    );
    assert.equal(callee.callSync(['hello']), 'hello');
    assert.deepEqual(seen, [false, true, false]);
    assert.equal(instance.mayLeave, true);
    instance.mayLeave = false;
    const { start } = lowerFunction(echo, options).bind(instance, memory, {
      kind: 'host',
      name: 'f',
      call: String,
    }).imports as { start: (...core: number[]) => unknown };
    traps(() => start(0, 0, 64), /cannot leave/);
    instance.mayLeave = true;
    traps(() => start(0, 0, 65), /unaligned/);
    traps(() => start(0, 0, 65536), /out of bounds|out-of-bounds/);
  });

  test('parameters and results that lie in memory are aligned and inside it', () => {
    const many: FuncType = {
      params: Array.from({ length: 17 }, (_, i) => ({ name: `p${i}`, type: { kind: 'u32' } }) as const),
      result: string,
      async: false,
    };
    const memory = createMemory();
    const { start } = lowerFunction(many, options).bind(createInstance(), memory, {
      kind: 'host',
      name: 'f',
      call: () => '',
    }).imports as { start: (...core: number[]) => unknown };
    traps(() => start(2, 64), /parameters pointer not aligned/);
    traps(() => start(65536 - 64, 64), /parameters pointer.length out of bounds/);
    for (const [pointer, message] of [
      [6, /result pointer not aligned/],
      [65536, /result pointer.length out of bounds/],
    ] as const) {
      const callee = liftFunction(echo, options).bind(createInstance(), memory, () => pointer);
      traps(() => callee.callSync(['']), message);
    }
    const callee = liftFunction(many, options).bind(
      createInstance(),
      { ...memory, realloc: () => 2 },
      () => 0,
    );
    traps(() => callee.callSync(many.params.map(() => 1)), /realloc return: result not aligned/);
  });

  test('an instance is not entered twice', () => {
    const instance = createInstance();
    const none: FuncType = { params: [], async: false };
    const inner = liftFunction(none, options).bind(instance, {}, () => undefined);
    const outer = liftFunction(none, options).bind(instance, {}, () => inner.callSync([]));
    traps(() => outer.callSync([]), /cannot enter/);
  });

  test('task.return gives the result of an async export, once and of its type', () => {
    const asynchronous = { encoding: 'utf8', async: true } as const;
    const type: FuncType = { params: [], result: { kind: 'u32' }, async: true };
    const run = (
      body: (give: (value: number) => void, wrong: (value: bigint) => void) => number,
    ): unknown => {
      const instance = createInstance();
      const give = planTaskReturn({ kind: 'u32' }, asynchronous).bind(instance, {});
      const wrong = planTaskReturn({ kind: 'u64' }, asynchronous).bind(instance, {});
      const bindings = { callback: () => 0 };
      return liftFunction(type, asynchronous)
        .bind(instance, bindings, () => body(give, wrong))
        .callSync([]);
    };
    assert.equal(
      run((give) => (give(-1), 0)),
      2 ** 32 - 1,
    );
    assert.equal(
      run((give) => (give(7), 1)),
      7,
    );
    traps(() => run(() => 0), /without calling task.return/);
    traps(() => run((give) => (give(1), give(2), 0)), /has one already/);
    traps(() => run((_, wrong) => (wrong(1n), 0)), /another type/);
    traps(() => run((give) => (give(1), 2)), /waitable set/);
    traps(() => run((give) => (give(1), 5)), /callback code 5/);
    traps(() => planTaskReturn(undefined, asynchronous).bind(createInstance(), {})(), /no async call/);
  });
});

describe('text codecs', () => {
  const standard = createStandardCodec();
  const native = detectTextCodec();
  for (const text of [
    '',
    'ascii',
    'naïve',
    '日本語',
    '😀 and 😀',
    'a\ud800',
    '\udc00b',
    'x'.repeat(5000) + 'é',
  ]) {
    test(`agree on ${JSON.stringify(text.slice(0, 12))}`, () => {
      const length = standard.lengthUtf8(text);
      assert.equal(length, native.lengthUtf8(text));
      const written = [standard, native].map((codec) => {
        const view = codec.view(new ArrayBuffer(length + 2));
        codec.writeUtf8(view, text, 1, length);
        assert.equal(codec.decodeUtf8(view, 1, length + 1), text.toWellFormed());
        return [...view];
      });
      assert.deepEqual(written[0], written[1]);
    });
  }

  test('agree on latin1 and on what is not UTF-8', () => {
    const content = Uint8Array.from({ length: 5000 }, (_, i) => i % 256);
    for (const codec of [standard, native]) {
      const view = codec.view(content.buffer);
      assert.equal(
        codec.decodeLatin1(view, 0, 5000),
        Array.from(content, (b) => String.fromCharCode(b)).join(''),
      );
      assert.equal(codec.decodeUtf8(view, 0, 5000), undefined);
    }
  });
});

test('types that are small to write and huge to flatten are compiled all the same', () => {
  let type: ValueType = { kind: 'u8' };
  for (let i = 0; i < 28; i++)
    type = i % 2 === 0 ? { kind: 'tuple', types: [type, type] } : { kind: 'option', type };
  assert.ok(compileType(type, 'utf8').size > 2 ** 14);
  const names = Array.from({ length: 200_000 }, (_, i) => `n${i}`);
  const { size, align, flat } = compileType({ kind: 'enum', names }, 'utf8');
  assert.deepEqual({ size, align, flat }, { size: 4, align: 4, flat: ['i32'] });
});

test('lists that overlap cannot fill the memory of the host', () => {
  const { cx, codec } = setUp();
  const lists = codec({ kind: 'list', element: { kind: 'list', element: { kind: 'bool' } } });
  for (let i = 0; i < 4000; i++) cx.memory.view.setUint32(4 + i * 8, 65536, true);
  traps(() => lists.lift(cx, [0, 4000], 0), /more than \d+ bytes/);
  cx.budget = 1e7;
  assert.equal((lists.lift(cx, [0, 1], 0) as unknown[]).length, 1);
});
