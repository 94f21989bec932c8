import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { compare, summarise } from './baseline.ts';
import { splitForms, stringsOf } from './forms.ts';
import { runScript } from './run.ts';
import type { Outcome } from './run.ts';

describe('scripts of our own', () => {
  const folder = join(import.meta.dirname, 'scripts');
  const files = globSync('*.wast', { cwd: folder });
  assert.notEqual(files.length, 0);
  for (const file of files) {
    test(file, async () => {
      const outcomes = await runScript(readFileSync(join(folder, file), 'utf8'));
      assert.notEqual(outcomes.length, 0);
      const failing = outcomes.filter((outcome) => outcome.failure !== undefined);
      assert.deepEqual(failing, []);
    });
  }
});

const answer = `(component
  (core module $M (func (export "answer") (result i32) (i32.const 42)) (func (export "trap") unreachable))
  (core instance $m (instantiate $M))
  (func (export "answer") (result u32) (canon lift (core func $m "answer")))
  (func (export "trap") (canon lift (core func $m "trap"))))`;

describe('a directive fails', () => {
  const failures: readonly (readonly [title: string, directive: string, RegExp])[] = [
    ['another result', '(assert_return (invoke "answer") (u32.const 43))', /wanted .*43.*found 42/],
    ['a result where none is wanted', '(assert_return (invoke "answer"))', /wanted no result/],
    ['no trap', '(assert_trap (invoke "answer") "")', /nothing was refused/],
    [
      'a trap of another kind',
      '(assert_trap (invoke "trap") "unaligned")',
      /wanted "unaligned", found "unreach/,
    ],
    ['a missing export', '(assert_trap (invoke "nothing") "")', /failed otherwise/],
    ['a valid component', '(assert_invalid (component) "")', /nothing was refused/],
    [
      'another reason',
      '(assert_malformed (component binary "\\00") "integer too large")',
      /found "These bytes/,
    ],
    ['a directive of another kind', '(assert_nothing)', /not known/],
  ];
  for (const [title, directive, reason] of failures) {
    test(title, async () => {
      const outcomes = await runScript(`${answer}\n${directive}`);
      assert.deepEqual(
        outcomes.map(({ line, failure }) => [line, failure === undefined]),
        [
          [1, true],
          [6, false],
        ],
      );
      assert.match(outcomes[1]!.failure!, reason);
    });
  }
});

test('a script is split into forms, past comments and strings', () => {
  const forms = splitForms('(a ";;)" (b)) ;; (c)\n(; (d) (; ;)\n ;) (e "\\"(")');
  assert.deepEqual(forms, [
    { text: '(a ";;)" (b))', line: 1 },
    { text: '(e "\\"(")', line: 3 },
  ]);
  assert.deepEqual(stringsOf('(a "\\u{e9}\\c3\\a9é" (b "c") "\\n")'), ['ééé', '\n']);
  assert.throws(() => splitForms('(a (b)'), /does not end/);
});

test('regressions and improvements both differ from the baseline', () => {
  const outcome = (line: number, failure?: string): Outcome => ({ line, directive: 'invoke', failure });
  const expected = summarise([outcome(1), outcome(2, 'broken')]);
  assert.deepEqual(compare('s', expected, [outcome(1), outcome(2, 'still')]), []);
  assert.match(
    compare('s', expected, [outcome(1, 'new'), outcome(2, 'x')]).join(),
    /s:1: invoke fails now: new/,
  );
  assert.match(compare('s', expected, [outcome(1), outcome(2)]).join(), /s:2: invoke passes now/);
  assert.match(compare('s', expected, [outcome(1)]).join(), /1 directives, where the baseline has 2/);
  assert.match(compare('s', undefined, [outcome(1)]).join(), /does not know/);
});
