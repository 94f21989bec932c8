/** Stands for `node:assert/strict` in a page: as much of it as the tests of this package use. */

class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

type Message = string | Error | undefined;
type Expected = RegExp | object | ((error: any) => unknown) | undefined;

function fail(message: Message = 'failed'): never {
  throw message instanceof Error ? message : new AssertionError(message);
}

function assert(value: unknown, message?: Message): asserts value {
  if (!value) fail(message ?? `not true: ${show(value)}`);
}

function equal(actual: unknown, wanted: unknown, message?: Message): void {
  if (!Object.is(actual, wanted)) fail(message ?? `wanted ${show(wanted)}, found ${show(actual)}`);
}

function notEqual(actual: unknown, other: unknown, message?: Message): void {
  if (Object.is(actual, other)) fail(message ?? `found ${show(actual)}`);
}

function deepEqual(actual: unknown, wanted: unknown, message?: Message): void {
  if (!isSame(actual, wanted)) fail(message ?? `wanted ${show(wanted)}, found ${show(actual)}`);
}

function match(text: string, pattern: RegExp, message?: Message): void {
  if (!pattern.test(text)) fail(message ?? `${show(text)} does not match ${pattern}`);
}

function throws(run: () => unknown, expected?: Expected, message?: Message): void {
  try {
    run();
  } catch (error) {
    return check(error, expected);
  }
  fail(message ?? 'nothing was thrown');
}

async function rejects(
  run: PromiseLike<unknown> | (() => PromiseLike<unknown>),
  expected?: Expected,
  message?: Message,
): Promise<void> {
  try {
    await (typeof run === 'function' ? run() : run);
  } catch (error) {
    return check(error, expected);
  }
  fail(message ?? 'nothing was rejected');
}

/** What was thrown must be what was expected. */
function check(error: unknown, expected: Expected): void {
  if (expected === undefined) return;
  if (expected instanceof RegExp) return match(String(error), expected);
  if (typeof expected === 'function') {
    if (expected.prototype !== undefined && error instanceof expected) return;
    if (Error.isPrototypeOf(expected) || expected === Error) throw error;
    if (expected(error) !== true) fail(`refused what was thrown: ${show(error)}`);
    return;
  }
  for (const [key, wanted] of Object.entries(expected)) {
    const found = (error as Record<string, unknown>)?.[key];
    if (wanted instanceof RegExp && typeof found === 'string') match(found, wanted);
    else deepEqual(found, wanted);
  }
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (Array.isArray(a) && a.length !== (b as unknown[]).length) return false;
  if (a instanceof Map || a instanceof Set) return isSame([...a], [...(b as typeof a)]);
  if (a instanceof Error && a.message !== (b as Error).message) return false;
  const [left, right] = [Object.keys(a), Object.keys(b)];
  return (
    left.length === right.length &&
    left.every(
      (key) =>
        Object.hasOwn(b, key) &&
        isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  );
}

function show(value: unknown): string {
  if (value instanceof Error) return String(value);
  const text =
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ??
    String(value);
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}

export default Object.assign(assert, {
  AssertionError,
  ok: assert,
  fail,
  equal,
  notEqual,
  deepEqual,
  deepStrictEqual: deepEqual,
  match,
  throws,
  rejects,
});
