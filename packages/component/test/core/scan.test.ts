import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { assemble } from '../../../../test/guests/wat.ts';
import { CallSites, Edits } from '../../src/core/edits.ts';
import { scanBody } from '../../src/core/scan.ts';
import { listSections } from '../../src/core/outline.ts';
import { rewriteModule } from '../../src/core/rewrite.ts';
import { Reader } from '../../src/binary/reader.ts';

suite('scanBody', () => {
  const scan = (...code: number[]) => {
    const edits = new Edits(false);
    scanBody(new Uint8Array([0, ...code]), 0, code.length + 1, edits, new CallSites());
    return edits;
  };

  for (const [name, code] of [
    ['0xfb 0x20', [0xfb, 0x20, 0x0b]],
    ['memory.discard', [0xfc, 18, 0, 0x0b]],
    ['0xfd 0x120', [0xfd, 0xa0, 0x02, 0x0b]],
    ['0xfe 0x4f', [0xfe, 0x4f, 0, 0, 0x0b]],
    ['resume', [0xe3, 0, 0x0b]],
    ['0xff', [0xff, 0x0b]],
  ] as const) {
    test(`names ${name}, which it does not know`, () => {
      assert.throws(() => scan(0x01, ...code), {
        code: 'unsupported',
        offset: 2,
        message: new RegExp(`the instruction ${name} \\(at byte 2`),
      });
    });
  }

  test('refuses code whose instructions do not end where the function ends', () => {
    assert.throws(() => scan(0x41, 0x0b), { code: 'unsupported' });
    assert.throws(() => scan(0x01, 0x01), { code: 'unsupported' });
  });
});

/** How often each function of a rewritten module looks at the flag, and the bytes at the places of the hints. */
async function countChecks(wat: string): Promise<{ checks: number[]; hinted: number[] }> {
  const { bytes } = rewriteModule(await assemble(wat)) ?? { bytes: new Uint8Array() };
  const sections = bytes.length > 0 ? listSections(bytes) : [];
  const hints = sections.find(({ name }) => name === 'metadata.code.branch_hint');
  const checks: number[] = [];
  const hinted: number[] = [];
  if (hints === undefined) return { checks, hinted };
  const code = sections.find(({ id }) => id === 10)!;
  const bodies = new Reader(bytes, code.content, code.end);
  const starts = bodies.vector('bodies', () => bodies.region(bodies.u32()).position);
  const reader = new Reader(bytes, hints.content, hints.end);
  reader.name();
  for (let functions = reader.u32(); functions > 0; functions--) {
    const index = reader.u32();
    checks[index] = reader.u32();
    for (let check = checks[index]; check > 0; check--) {
      hinted.push(bytes[starts[index]! + reader.u32()]!);
      assert.deepEqual([reader.u32(), reader.byte()], [1, 0]);
    }
  }
  return { checks: Array.from(checks, (count) => count ?? 0), hinted };
}

suite('the flag is looked at', () => {
  const twice = (name: string) => `(call $${name}) (call $${name})`;
  for (const [what, wat, expected] of [
    ['at the head of each loop', '(func (local i64) (loop (loop)) (loop))', [3]],
    [
      'nowhere in small functions that reach little',
      `(func $a) (func $b ${twice('a')}) (func ${twice('b')})`,
      [],
    ],
    ['on entry to a function that calls itself twice', `(func $f ${twice('f')})`, [1]],
    [
      'somewhere in a recursion of several',
      `(func $a ${twice('b')}) (func $b ${twice('c')}) (func $c ${twice('a')})`,
      [0, 0, 1],
    ],
    [
      'on entry to a function that calls the unknown twice',
      '(table 1 funcref) (func (call_indirect (i32.const 0)) (call_indirect (i32.const 0)))',
      [1],
    ],
    ['on entry to a link of a chain', '(table 1 funcref) (func (call_indirect (i32.const 0)))', [1]],
    [
      'in a link that leaves no frame behind',
      '(table 1 funcref) (func (return_call_indirect (i32.const 0)))',
      [1],
    ],
    [
      'in a link that is long',
      `(table 1 funcref) (func ${'nop '.repeat(1100)} (call_indirect (i32.const 0)))`,
      [1],
    ],
    ['on entry to a function that is long', `(func ${'nop '.repeat(3100)})`, [1]],
    ['nowhere in one that is not', `(func ${'nop '.repeat(2900)})`, []],
    ['on the way through one that is very long', `(func ${'nop '.repeat(16_100)})`, [3]],
    [
      'on the longest way, where ways meet',
      `(func (if (i32.const 0) (then ${'nop '.repeat(7900)})) ${'nop '.repeat(200)})`,
      [2],
    ],
    ...['(br_if 0 (i32.const 1))', '(if (i32.const 1) (then (br 1)))'].map(
      (jump) =>
        [
          `on the way of ${jump}, where the other one has looked since`,
          `(func (block ${'nop '.repeat(7000)} ${jump} ${'nop '.repeat(2000)}) ${'nop '.repeat(2000)})`,
          [3],
        ] as const,
    ),
    [
      'on the way of a table, where the other one has looked since',
      `(func (block (block ${'nop '.repeat(7000)} (br_table 0 1 (i32.const 1))) ${'nop '.repeat(2000)}) ${'nop '.repeat(2000)})`,
      [3],
    ],
    [
      'on one of two ways no more than it is long',
      `(func (if (i32.const 0) (then ${'nop '.repeat(5000)}) (else ${'nop '.repeat(5000)})))`,
      [1],
    ],
    [
      'behind code that is jumped over',
      `(func $a ${'nop '.repeat(2900)})
      (func (call $a) (call $a) (block (br 0) ${'nop '.repeat(9000)}) (call $a) (call $a))`,
      [0, 2],
    ],
    [
      'on the way back from a handler of exceptions',
      '(func (block $handler (try_table (catch_all $handler) (nop))) (nop) (nop) (drop (i32.const 0)) ' +
        `${'nop '.repeat(4000)})`,
      [2],
    ],
    [
      'again and not too early behind a loop',
      `(func ${'nop '.repeat(4000)} (loop) ${'nop '.repeat(4000)})`,
      [2],
    ],
    [
      'where each function calls the next one twice',
      `(func $f0) ${Array.from({ length: 20 }, (_, n) => `(func $f${n + 1} ${twice(`f${n}`)})`).join('')}`,
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    ],
    ['now and then in a long row of calls', `(func $a) (func ${'(call $a)'.repeat(5000)})`, [0, 3]],
    ['on entry to a function that throws', '(tag $t) (func $a (throw $t)) (func (call $a))', [1]],
    [
      'where what was thrown is caught',
      '(tag $t) (func (block (try_table (catch_all 0) (throw $t))) (block (try_table (catch_all 0) (throw $t))) (nop))',
      [3],
    ],
    [
      'now and then in a row of growths, which the host is asked for',
      `(memory 1) (func ${'(drop (memory.grow (i32.const 0)))'.repeat(30)})`,
      [11],
    ],
    [
      'before instructions that work on many bytes',
      '(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 9)))',
      [1],
    ],
  ] as const) {
    test(what, async () => {
      const { checks, hinted } = await countChecks(`(module ${wat})`);
      assert.deepEqual(checks, expected);
      assert.ok(
        hinted.every((byte) => byte === 0x04),
        'a hint does not stand at an `if`',
      );
    });
  }
});
