import { DOMException } from './dom-exception.ts';

type Seen = Map<object, unknown>;
type Fields = { [key: string]: unknown };

const errors = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
/** Objects that are what they are by their identity: a copy of them would be something else. */
const unique = [Promise, WeakMap, WeakSet, WeakRef];

/**
 * A deep copy of a value: plain objects, lists, Map, Set, Date, RegExp, errors, buffers and views on them; cycles stay
 * cycles. Classes are lost, as on the Web. Nothing is transferred.
 * @throws {DOMException} DataCloneError, for functions, symbols, promises and weak collections
 */
export function structuredClone<T>(value: T): T {
  return copy(value, new Map()) as T;
}

function copy(value: unknown, seen: Seen): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw refuse(value);
  if (typeof value !== 'object' || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  // What may hold itself is entered before its parts are copied.
  if (Array.isArray(value)) {
    const made: unknown[] = [];
    made.length = value.length;
    return copyFields(value, enter(value, made, seen), seen);
  }
  if (value instanceof Map) {
    const made = enter(value, new Map<unknown, unknown>(), seen);
    for (const [key, item] of value) made.set(copy(key, seen), copy(item, seen));
    return made;
  }
  if (value instanceof Set) {
    const made = enter(value, new Set<unknown>(), seen);
    for (const item of value) made.add(copy(item, seen));
    return made;
  }
  if (value instanceof Error) return copyError(value, seen);
  const single = copySingle(value, seen);
  if (single !== undefined) return enter(value, single, seen);
  if (unique.some((type) => value instanceof type)) throw refuse(value);
  return copyFields(value, enter(value, {}, seen), seen);
}

function enter<T extends object>(value: object, made: T, seen: Seen): T {
  seen.set(value, made);
  return made;
}

/** Names and indices that are there: the holes of a list stay holes. */
function copyFields<T extends object>(value: object, made: T, seen: Seen): T {
  for (const key of Object.keys(value)) (made as Fields)[key] = copy((value as Fields)[key], seen);
  return made;
}

/** Objects without parts. */
function copySingle(value: object, seen: Seen): object | undefined {
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof RegExp) return new RegExp(value.source, value.flags);
  if (value instanceof ArrayBuffer) return value.slice(0);
  if (ArrayBuffer.isView(value)) return copyView(value, seen);
  if (/ (Boolean|Number|String|BigInt)\]$/.test(Object.prototype.toString.call(value)))
    return Object(value.valueOf()) as object;
  return undefined;
}

/** Views on one buffer are views on one buffer afterwards. */
function copyView(view: ArrayBufferView, seen: Seen): ArrayBufferView {
  const type = view.constructor as new (buffer: unknown, offset: number, length: number) => ArrayBufferView;
  const length = view instanceof DataView ? view.byteLength : (view as Uint8Array).length;
  return new type(copy(view.buffer, seen), view.byteOffset, length);
}

function copyError(error: Error, seen: Seen): Error {
  const type = errors.find((each) => each.name === error.name) ?? Error;
  const made = enter(error, new type(error.message), seen);
  const hidden = (name: string, value: unknown) =>
    Object.defineProperty(made, name, { value, configurable: true, writable: true });
  hidden('stack', error.stack);
  if ('cause' in error) hidden('cause', copy(error.cause, seen));
  return made;
}

function refuse(value: unknown): DOMException {
  const what = typeof value === 'object' ? `a ${value?.constructor.name}` : `a ${typeof value}`;
  return new DOMException(`${what} cannot be cloned`, 'DataCloneError');
}
