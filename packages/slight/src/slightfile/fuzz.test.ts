import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { SlightfileError } from './error.ts';
import { parseSlightfile } from './parse.ts';

const valid = `specversion = "0.3"
[app]
component = "dist/app.wasm"
[keyvalue]
orders = "redis://u:\${env.PW}@cache:6379" # a place
carts = { bind = 'sqlite', size = 1, "a b" = true }
[limits]
memory = "256MiB"
queue = 128
[target.cloud.keyvalue]
orders = """dynamodb://eu-west-1/$$orders"""
[target."a.b".http]
address = "127.0.0.1:0"
`;

const pieces = [
  '"',
  "'",
  '[',
  ']',
  '{',
  '}',
  '=',
  '.',
  '\n',
  '\\',
  '#',
  '"""',
  '${',
  '${env.PW}',
  '$$',
  '\u0000',
  '\ud800',
  '\u2028',
  '-',
  '1e9',
  'nan',
  '[[',
  '__proto__',
  '\t',
  '\r',
  '😀',
  '1979-05-27',
  '0x',
  'target',
  '\\u0000',
  ',',
];

/** Parses, and lets only the error pass that is promised; it must have a place in the text. */
function parseOrRefuse(text: string, target?: string): void {
  try {
    const file = parseSlightfile(text, 'slightfile.toml', { env: { PW: 'x' }, target });
    assert.ok(file.app.component.startsWith('/'));
  } catch (error) {
    if (!(error instanceof SlightfileError)) throw error;
    const lines = text.split('\n').length;
    assert.ok(error.problems.length > 0);
    for (const { span, message, fix } of error.problems) {
      assert.ok(message !== '' && fix !== '');
      if (span !== undefined)
        assert.ok(span.line >= 1 && span.line <= lines && span.column >= 1 && span.width >= 1);
    }
  }
}

test('any text is read or refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => parseOrRefuse(text)),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...pieces, 'a', ' ', '1', 'specversion = "0.3"\n'), { maxLength: 40 }),
      (parts) => parseOrRefuse(parts.join('')),
    ),
    { numRuns: 1000 },
  );
});

test('a valid file with changes is read or refused', () => {
  const change = fc.record({
    at: fc.nat(valid.length),
    remove: fc.nat(12),
    insert: fc.oneof(fc.constant(''), fc.constantFrom(...pieces), fc.string({ maxLength: 5 })),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.boolean(), (changes, target) => {
      let text = valid;
      for (const { at, remove, insert } of changes)
        text = text.slice(0, at) + insert + text.slice(at + remove);
      parseOrRefuse(text, target ? 'cloud' : undefined);
    }),
    { numRuns: 3000 },
  );
});

test('every beginning of a valid file is read or refused', () => {
  for (let length = 0; length <= valid.length; length++) parseOrRefuse(valid.slice(0, length));
});

test('depth and length end in an error, not in a crash', () => {
  for (const text of [
    `a = ${'['.repeat(100_000)}`,
    `a = ${'{b='.repeat(20_000)}`,
    `[${'a.'.repeat(20_000)}a]`,
    `specversion = "0.3"\nkeyvalue.a = ${'{b='.repeat(2_000)}1${'}'.repeat(2_000)}`,
  ]) {
    assert.throws(() => parseSlightfile(text, 'f', { env: {} }), SlightfileError);
  }
});
