import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderFileFrame, renderFrame } from './frame.ts';

const source = 'one\ntwo\n\tthree();\nfour\nfive';

test('the place is marked among its neighbours', () => {
  assert.equal(
    renderFrame(source, 3, 2, 5),
    '  1 | one\n  2 | two\n> 3 | \tthree();\n    | \t^^^^^\n  4 | four',
  );
});

test('the first and the last line, and marks that would run over the end', () => {
  assert.equal(renderFrame(source, 1, 1), '> 1 | one\n    | ^\n  2 | two');
  assert.equal(renderFrame(source, 5, 3, 99), '  3 | \tthree();\n  4 | four\n> 5 | five\n    |   ^^');
});

test('no frame without a line', () => {
  assert.equal(renderFrame(source, 6, 1), undefined);
  assert.equal(renderFileFrame('/no/such/file', 1, 1), undefined);
});
