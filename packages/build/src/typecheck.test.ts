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

test('a silent compiler found nothing', () => {
  assert.deepEqual(parseDiagnostics('\n', '/app'), []);
});
