import { trapAbi } from '../runtime/trap.ts';
import { type Codec, mismatch } from './codec.ts';
import { fixedListLayout, MAX_BYTES, RANGE_LAYOUT } from './layout.ts';
import { type AbiContext, allocate, checkBlock, checkLength, spendBudget } from './memory.ts';
import type { ValueType } from './model.ts';

/** What bytes take up in JavaScript beside themselves. */
const OBJECT = 192;

/** So many elements are read before the time is looked at again. */
const AT_ONCE = 4096;

/** Up to here a loop is quicker than `slice`. */
const SHORT = 16;

/** What may be given for a list of numbers instead of an array, where its elements always fit. */
const TYPED_ARRAYS: Readonly<Record<string, Function>> = {
  u8: Uint8Array,
  s8: Int8Array,
  u16: Uint16Array,
  s16: Int16Array,
  u32: Uint32Array,
  s32: Int32Array,
  u64: BigUint64Array,
  s64: BigInt64Array,
  f32: Float32Array,
  f64: Float64Array,
};

function checkList(cx: AbiContext, pointer: number, size: number, align: number): void {
  checkLength(pointer, size, 'list');
  checkBlock(cx, pointer, align, size, 'list');
}

/** The codec of `list<u8>`: bytes are copied, both ways. */
export function compileBytes(): Codec {
  const read = (cx: AbiContext, pointer: number, length: number): Uint8Array => {
    checkList(cx, pointer, length, 1);
    spendBudget(cx, OBJECT + length);
    const { bytes } = cx.memory;
    if (length > SHORT) return bytes.slice(pointer, pointer + length);
    const copy = new Uint8Array(length);
    for (let i = 0; i < length; i++) copy[i] = bytes[pointer + i]!;
    return copy;
  };
  const write = (cx: AbiContext, value: ArrayLike<number>): number => {
    const { length } = value;
    if (length > MAX_BYTES) trapAbi(`list of ${length} bytes is longer than ${MAX_BYTES}`);
    const pointer = allocate(cx, 1, length, 'list');
    const { bytes } = cx.memory;
    if (length > SHORT) bytes.set(value, pointer);
    else for (let i = 0; i < length; i++) bytes[pointer + i] = value[i]!;
    return pointer;
  };
  return {
    ...RANGE_LAYOUT,
    load: (cx, at) => read(cx, cx.memory.view.getUint32(at, true), cx.memory.view.getUint32(at + 4, true)),
    store(cx, at, value) {
      const pointer = write(cx, value);
      cx.memory.view.setUint32(at, pointer, true);
      cx.memory.view.setUint32(at + 4, value.length, true);
    },
    lift: (cx, core, from) => read(cx, core[from] >>> 0, core[from + 1] >>> 0),
    lower: (cx, value, core) => void core.push(write(cx, value), value.length),
    lift2: (cx, pointer, length) => read(cx, pointer >>> 0, length >>> 0),
    check(_, value) {
      if (value instanceof Uint8Array) return undefined;
      if (!Array.isArray(value)) return mismatch('a Uint8Array', value);
      const wrong = value.findIndex((byte) => typeof byte !== 'number' || (byte & 0xff) !== byte);
      return wrong < 0 ? undefined : `[${wrong}]${mismatch('an integer from 0 to 255 (u8)', value[wrong])}`;
    },
  };
}

/** The codec of a list of any length. */
export function compileList(type: ValueType & { readonly kind: 'list' }, element: Codec): Codec {
  const { size, align } = element;
  const typed = TYPED_ARRAYS[type.element.kind];
  // What an element takes up in JavaScript: next to nothing beside its slot, or an object.
  const weight = size + (typed === undefined ? 64 : 8);
  const read = (cx: AbiContext, pointer: number, length: number): unknown[] => {
    checkList(cx, pointer, length * size, align);
    spendBudget(cx, length * weight);
    return readElements(cx, element, pointer, length);
  };
  const write = (cx: AbiContext, value: ArrayLike<unknown>): number => {
    const total = value.length * size;
    if (total > MAX_BYTES) trapAbi(`list of ${total} bytes is longer than ${MAX_BYTES}`);
    const pointer = allocate(cx, align, total, 'list');
    writeElements(cx, element, pointer, value);
    return pointer;
  };
  return {
    ...RANGE_LAYOUT,
    load: (cx, at) => read(cx, cx.memory.view.getUint32(at, true), cx.memory.view.getUint32(at + 4, true)),
    store(cx, at, value) {
      const pointer = write(cx, value);
      cx.memory.view.setUint32(at, pointer, true);
      cx.memory.view.setUint32(at + 4, value.length, true);
    },
    lift: (cx, core, from) => read(cx, core[from] >>> 0, core[from + 1] >>> 0),
    lower: (cx, value, core) => void core.push(write(cx, value), value.length),
    lift2: (cx, pointer, length) => read(cx, pointer >>> 0, length >>> 0),
    check: (cx, value) => (typed && value instanceof typed ? undefined : checkElements(cx, element, value)),
  };
}

/** The codec of a list of a fixed length, which lies in place. */
export function compileFixedList(element: Codec, length: number): Codec {
  return {
    ...fixedListLayout(element, length),
    load: (cx, at) => readElements(cx, element, at, length),
    store: (cx, at, value) => writeElements(cx, element, at, value),
    lift(cx, core, from) {
      const width = element.flat.length;
      return Array.from({ length }, (_, i) => element.lift(cx, core, from + i * width));
    },
    lower(cx, value, core) {
      for (const one of value) element.lower(cx, one, core);
    },
    check(cx, value) {
      const problem = checkElements(cx, element, value);
      if (problem !== undefined || value.length === length) return problem;
      return `: expected ${length} elements, found ${value.length}`;
    },
  };
}

function readElements(cx: AbiContext, element: Codec, pointer: number, length: number): unknown[] {
  const list: unknown[] = [];
  for (let i = 0, at = pointer; i < length; i++, at += element.size) {
    if (i % AT_ONCE === AT_ONCE - 1) cx.instance.store.onCall?.();
    list.push(element.load(cx, at));
  }
  return list;
}

function writeElements(cx: AbiContext, element: Codec, pointer: number, value: ArrayLike<unknown>): void {
  const { length } = value;
  for (let i = 0, at = pointer; i < length; i++, at += element.size) element.store(cx, at, value[i]);
}

function checkElements(cx: AbiContext, element: Codec, value: unknown): string | undefined {
  if (!Array.isArray(value)) return mismatch('an array', value);
  for (let i = 0; i < value.length; i++) {
    const problem = element.check(cx, value[i]);
    if (problem !== undefined) return `[${i}]${problem}`;
  }
  return undefined;
}
