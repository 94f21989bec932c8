import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { blankQuotes, countMarks, findNamedMark, onlyReads } from './statement.ts';

test('marks are counted where they are parameters', () => {
  const counts: { readonly [text: string]: number } = {
    'SELECT ?, ?': 2,
    "SELECT '?', 'it''s ?', ?": 1,
    'SELECT "?", "a "" ?", ?': 1,
    'SELECT `?`, [?], ?': 1,
    'SELECT ? -- ?\n, ?': 2,
    'SELECT ? /* ? \n ? */ , ?': 2,
    "SELECT '? unclosed": 0,
    'SELECT $$ ? $$, $a$ ? $$ ? $a$, ?': 1,
    '/* ? unclosed': 0,
    "SELECT '\\', ?": 1,
  };
  for (const [text, count] of Object.entries(counts)) assert.equal(countMarks(text), count, text);
});

test('parameters that are named or numbered are found, and what looks like them is not', () => {
  for (const text of ['SELECT ?1', 'SELECT :id', 'SELECT @id', 'SELECT $id', 'SELECT a=:b'])
    assert.notEqual(findNamedMark(text), undefined, text);
  for (const text of ["SELECT ':id'", 'SELECT a::text', 'SELECT "$id"', 'SELECT ? -- :id', 'SELECT 1 AS a1'])
    assert.equal(findNamedMark(text), undefined, text);
});

test('a statement that may write is never taken for one that reads', () => {
  for (const text of [
    'SELECT 1',
    ' ( select 1)',
    '-- x\nSELECT 1',
    '/* x */ values (1)',
    "SELECT 'into'",
    "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT 'insert', count(*) FROM c",
    'EXPLAIN SELECT 1',
    'explain query plan with a as (select 1) select * from a',
  ])
    assert.equal(onlyReads(text), true, text);
  for (const text of [
    'INSERT INTO t VALUES (1)',
    'WITH a AS (SELECT 1) DELETE FROM t',
    'WITH a AS (INSERT INTO t VALUES (1) RETURNING b) SELECT * FROM a',
    'with a as (select 1) update t set b = 1',
    'WITH a AS (SELECT 1) REPLACE INTO t SELECT * FROM a',
    'WITH a AS (SELECT 1) MERGE INTO t USING a ON 1 WHEN MATCHED THEN DO NOTHING',
    'EXPLAIN ANALYZE DELETE FROM t',
    'EXPLAIN (ANALYZE) DELETE FROM t',
    'EXPLAIN ANALYZE SELECT f()',
    'SELECT * INTO other FROM t',
    'SELECT * FROM t FOR UPDATE',
    "-- SELECT\nDELETE FROM t WHERE a = 'SELECT'",
    'selection',
  ])
    assert.equal(onlyReads(text), false, text);
});

test('what is blanked keeps its length, whatever the text', () => {
  const piece = fc.constantFrom(
    "'",
    '"',
    '`',
    '[',
    ']',
    '--',
    '\n',
    '/*',
    '*/',
    '$',
    '$a$',
    '?',
    ';',
    'a',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join('');
      const blank = blankQuotes(text);
      assert.equal(blank.length, text.length);
      for (const [index, letter] of [...blank].entries()) assert.ok(letter === ' ' || letter === text[index]);
    }),
    { numRuns: 500 },
  );
});
