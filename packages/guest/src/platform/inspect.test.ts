import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatLine, inspect } from './inspect.ts';

test('values are written for a person to read', () => {
  class Point {
    readonly x = 1;
  }
  for (const [value, expected] of [
    ['text', 'text'],
    [['text', "it's"], "['text', 'it\\'s']"],
    [-0, '-0'],
    [12n, '12n'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Symbol('s'), 'Symbol(s)'],
    [{}, '{}'],
    [{ a: 1, 'b-c': [true] }, "{ a: 1, 'b-c': [true] }"],
    [new Point(), 'Point { x: 1 }'],
    [Object.create(null), '{}'],
    [new Map([[{ k: 1 }, 'v']]), "Map(1) { { k: 1 } => 'v' }"],
    [new Set(), 'Set(0) {}'],
    [new Uint8Array([1, 2]), 'Uint8Array(2) [1, 2]'],
    [new ArrayBuffer(3), 'ArrayBuffer(3)'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Date(Number.NaN), 'Invalid Date'],
    [/a/g, '/a/g'],
    [new URL('http://h/'), "URL 'http://h/'"],
    [function named() {}, '[Function: named]'],
    [() => {}, '[Function]'],
    [Point, '[class Point]'],
    [Promise.resolve(1), 'Promise {}'],
    [{ a: { b: { c: { d: { e: 1 } } } } }, '{ a: { b: { c: { d: [Object] } } } }'],
  ] as const)
    assert.equal(inspect(value), expected);
});

test('long values break into lines, and are cut short', () => {
  assert.equal(
    inspect({ list: Array.from({ length: 2 }, () => 'x'.repeat(60)) }),
    `{\n  list: [\n    '${'x'.repeat(60)}',\n    '${'x'.repeat(60)}'\n  ]\n}`,
  );
  assert.match(inspect(Array.from({ length: 150 }, () => 0)), /… 50 more/);
  assert.ok(inspect({ text: 'x'.repeat(1_000_000) }).length < 20_000);
});

test('errors come with their stack, fields and cause', () => {
  const error = Object.assign(new RangeError('too far', { cause: new Error('why') }), { code: 7 });
  const text = inspect(error);
  assert.match(text, /^RangeError: too far \{ code: 7 \}\n +at /);
  assert.match(text, /\[cause\]: Error: why/);
  // As QuickJS has it: the stack does not begin with the error.
  error.stack = '    at f (user.js:1:2)\n';
  assert.match(inspect(error), /^RangeError: too far \{ code: 7 \}\n {4}at f \(user\.js:1:2\)\n\[cause\]/);
  // V8 wrote it before the class gave it its name.
  class Late extends Error {
    override readonly name = 'Late';
  }
  assert.match(inspect(new Late('two\nlines')), /^Late: two\nlines\n {4}at /);
  assert.match(inspect(new Late('')), /^Late\n {4}at /);
});

test('what cannot be read does no harm', () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  assert.equal(inspect(circle), '{ self: [circular] }');
  const trap = {
    get bad() {
      throw new Error('no');
    },
  };
  assert.equal(inspect(trap), '[unreadable: no]');
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  assert.match(inspect(proxy), /^\[unreadable/);
  fc.assert(
    fc.property(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withTypedArray: true,
        withNullPrototype: true,
        withSparseArray: true,
        withObjectString: true,
      }),
      (value) => {
        assert.ok(!inspect(value).startsWith('[object '));
      },
    ),
  );
});

test('marks in the first text stand for arguments', () => {
  assert.equal(
    formatLine(['%s has %d of %i, %f %j %o %c!', 'A', '5', 7.9, '1.5x', { a: 1 }, [1], 'css', 'rest']),
    'A has 5 of 7, 1.5 {"a":1} [1] ! rest',
  );
  assert.equal(formatLine(['100%', '%s']), '100% %s');
  assert.equal(formatLine(['%s %s', 'one']), 'one %s');
  assert.equal(formatLine(['%% %s', 1]), '% 1');
  assert.equal(formatLine([{ a: 1 }, '%s', 2]), '{ a: 1 } %s 2');
  assert.equal(formatLine([]), '');
  assert.equal(formatLine(['%d %d', Symbol('x'), 3n]), 'NaN 3n');
});
