import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseWit } from './parse.ts';

test('a file is read item by item, with its documentation', () => {
  const parsed = parseWit(`
package a:b@1.2.0-rc.1;
// A plain comment.
/// An interface
/// in two lines.
interface things {
  use types.{error, other as another};
  use wasi:io/streams@0.2.12.{input-stream};
  /// A record.
  record point { /// Left to right.
    x: u32, y: option<list<u8>>, }
  variant shape { none, circle(f64) }
  enum level { low, high }
  flags bits { one, two }
  type alias = tuple<string, result<_, error>>;
  resource %list {
    constructor(name: string);
    open: static func() -> result<%list>;
    /// Reads.
    read: func(n: u64) -> result<list<u8>, error>;
  }
  record: func();
  go: async func(by: borrow<%list>) -> bool;
}
world w { import things; import wasi:io/streams@0.2.12; export run; }
`);
  assert.equal(parsed.name, 'a:b');
  assert.equal(parsed.version, '1.2.0-rc.1');
  const [things] = parsed.interfaces;
  assert.equal(things?.docs, 'An interface\nin two lines.');
  assert.deepEqual(things?.uses, [
    {
      from: 'types',
      names: [
        { name: 'error', as: 'error' },
        { name: 'other', as: 'another' },
      ],
    },
    { from: 'wasi:io/streams@0.2.12', names: [{ name: 'input-stream', as: 'input-stream' }] },
  ]);
  assert.deepEqual(
    things?.types.map(({ kind, name }) => [kind, name]),
    [
      ['record', 'point'],
      ['variant', 'shape'],
      ['enum', 'level'],
      ['flags', 'bits'],
      ['alias', 'alias'],
      ['resource', 'list'],
    ],
  );
  const [point, , , , , list] = things?.types ?? [];
  assert.ok(point?.kind === 'record' && list?.kind === 'resource');
  assert.deepEqual([point.docs, point.fields[0]?.docs], ['A record.', 'Left to right.']);
  assert.deepEqual(point.fields[1]?.type, {
    name: 'option',
    args: [{ name: 'list', args: [{ name: 'u8', args: [] }] }],
  });
  assert.deepEqual(
    list.functions.map(({ kind, name, docs }) => [kind, name, docs]),
    [
      ['constructor', 'constructor', ''],
      ['static', 'open', ''],
      ['method', 'read', 'Reads.'],
    ],
  );
  assert.deepEqual(
    things?.functions.map(({ name, async }) => [name, async]),
    [
      ['record', false],
      ['go', true],
    ],
  );
  assert.deepEqual(parsed.worlds, [
    { name: 'w', docs: '', imports: ['things', 'wasi:io/streams@0.2.12'], exports: ['run'] },
  ]);
});

test('what does not fit is told with its line', () => {
  const refuse = (source: string, expected: RegExp) =>
    assert.throws(() => parseWit(source, 'x.wit'), expected);
  refuse(
    'package a:b@1.0.0;\ninterface i {\n  record r { x u8 }\n}',
    /^SyntaxError: x\.wit:3: expected `:`, found `u8`/,
  );
  refuse('package a:b@1.0.0;\ninterface i {', /x\.wit:2: expected .*found the end of the file/);
  refuse('package a:b@1.0.0;\n  $', /x\.wit:2: "\$" does not belong/);
  refuse('package a:b@1.0.0;\nfunction f', /x\.wit:2: expected `interface` or `world`/);
});
