import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDiagnostics } from './typecheck.ts';

test('what the compiler prints is read with places and continuations', () => {
  const output = [
    "src/a.ts(3,50): error TS2339: Property 'nme' does not exist.",
    'src/b.ts(1,2): error TS2322: Type A is not B.',
    "  Type 'number' is not assignable.",
    "    Type 'x' deeper.",
    'error TS18003: No inputs were found.',
    '',
  ].join('\n');
  assert.deepEqual(parseDiagnostics(output, '/app'), [
    { message: "Property 'nme' does not exist. (TS2339)", file: '/app/src/a.ts', line: 3, column: 50 },
    {
      message: "Type A is not B. (TS2322)\n  Type 'number' is not assignable.\n    Type 'x' deeper.",
      file: '/app/src/b.ts',
      line: 1,
      column: 2,
    },
    { message: 'No inputs were found. (TS18003)' },
  ]);
});

test('of a handler that gives what is no answer, it is told what it may give', () => {
  const output = [
    "a.ts(3,20): error TS2322: Type 'string' is not assignable to type 'Promise<Reply> | Reply'.",
    "a.ts(4,20): error TS2345: Argument of type '(req: R) => string' is not assignable to parameter of type 'Handler<{}>'.",
    "  Type 'string' is not assignable to type 'Reply | Promise<Reply>'.",
    "a.ts(5,20): error TS2322: Type 'string' is not assignable to type 'number'.",
  ].join('\n');
  const [short, long, other] = parseDiagnostics(output, '/app');
  for (const each of [short, long]) assert.match(each?.fix ?? '', /^a handler gives json\(…\), text\(…\)/);
  assert.equal(other?.fix, undefined);
});

test('a silent compiler found nothing', () => {
  assert.deepEqual(parseDiagnostics('\n', '/app'), []);
});

test('of what Node and browsers have, it is told what to use instead, not how to declare it', () => {
  const output = [
    "a.ts(1,1): error TS2591: Cannot find name 'process'. Do you need to install type definitions for node? Try `npm i --save-dev @types/node` and then add 'node' to the types field in your tsconfig.",
    "a.ts(2,1): error TS2580: Cannot find name 'Buffer'. Do you need to install type definitions for node? Try `npm i --save-dev @types/node`.",
    "a.ts(3,1): error TS2584: Cannot find name 'document'. Do you need to change your target library? Try changing the 'lib' compiler option to include 'dom'.",
    "a.ts(4,1): error TS2583: Cannot find name 'Map'. Do you need to change your target library? Try changing the 'lib' compiler option to 'es2015' or later.",
    "a.ts(5,1): error TS2552: Cannot find name 'File'. Did you mean 'files'?",
    "a.ts(6,1): error TS2552: Cannot find name 'nme'. Did you mean 'name'?",
    "a.ts(7,1): error TS2304: Cannot find name 'FormData'.",
  ].join('\n');
  const [process, buffer, page, map, file, typo, form] = parseDiagnostics(output, '/app');
  assert.equal(process?.message, "Cannot find name 'process': there is none in a guest (TS2591)");
  assert.match(process?.fix ?? '', /openConfigs/);
  assert.match(buffer?.fix ?? '', /Uint8Array/);
  assert.equal(page?.message, "Cannot find name 'document': there is none in a guest (TS2584)");
  assert.equal(page?.fix, undefined);
  for (const each of [file, form]) {
    assert.match(each?.message ?? '', /^Cannot find name '(File|FormData)': there is none in a guest \(TS/);
    assert.match(each?.fix ?? '', /readForm/);
  }
  assert.deepEqual(
    [typo?.message, typo?.fix],
    ["Cannot find name 'nme'. Did you mean 'name'? (TS2552)", undefined],
  );
  assert.match(map?.message ?? '', /'es2015' or later\. \(TS2583\)$/);
});
