import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparePatterns, matchPath, parsePattern, samePattern, splitPath } from './pattern.ts';
import type { Params } from './pattern.ts';

function match(pattern: string, path: string) {
  const parts = splitPath(path);
  return parts === undefined ? 'undecodable' : matchPath(parsePattern(pattern), parts);
}

test('paths fit patterns segment by segment', () => {
  assert.deepEqual(match('/', '/'), {});
  assert.deepEqual(match('/orders', '/orders'), {});
  assert.equal(match('/orders', '/orders/'), undefined);
  assert.equal(match('/orders', '/'), undefined);
  assert.deepEqual(match('/orders/:id', '/orders/7'), { id: '7' });
  assert.equal(match('/orders/:id', '/orders/'), undefined, 'a parameter is never empty');
  assert.equal(match('/orders/:id', '/orders/7/items'), undefined);
  assert.deepEqual(match('/:a/x/:b', '/1/x/2'), { a: '1', b: '2' });
});

test('a last star takes the rest', () => {
  assert.deepEqual(match('/files/*', '/files/a/b/c.txt'), { rest: 'a/b/c.txt' });
  assert.deepEqual(match('/files/*', '/files/'), { rest: '' });
  assert.deepEqual(match('/*', '/'), { rest: '' });
});

test('segments are decoded after they were split', () => {
  assert.deepEqual(match('/:a', '/a%2Fb'), { a: 'a/b' });
  assert.deepEqual(match('/grün/:a', '/gr%C3%BCn/%20'), { a: ' ' });
  assert.deepEqual(match('/gr%C3%BCn', '/gr%C3%BCn'), {});
  assert.equal(match('/:a', '/%ff'), 'undecodable');
});

test('names of parameters cannot reach an object’s own', () => {
  assert.deepEqual(Object.keys(match('/:toString', '/x') ?? {}), ['toString']);
});

test('what is no pattern is refused', () => {
  for (const source of ['orders', '', '/a?b', '/*/a', '/:', '/:1', '/:a/:a', '/:a-b'])
    assert.throws(() => parsePattern(source), TypeError, source);
});

test('the more particular pattern goes first', () => {
  const sources = ['/*', '/:a', '/:a/b', '/a', '/a/*', '/a/:b', '/a/b'];
  const sorted = sources.map(parsePattern).toSorted(comparePatterns);
  const position = (source: string) => sorted.findIndex((pattern) => pattern.source === source);
  for (const [first, second] of [
    ['/a', '/:a'],
    ['/:a', '/*'],
    ['/a/b', '/a/:b'],
    ['/a/:b', '/a/*'],
    ['/a/:b', '/:a/b'],
  ] as const)
    assert.ok(position(first) < position(second), `${first} before ${second}`);
});

test('patterns that differ in names only are the same', () => {
  assert.ok(samePattern(parsePattern('/a/:b'), parsePattern('/a/:c')));
  assert.ok(!samePattern(parsePattern('/a/:b'), parsePattern('/a/b')));
  assert.ok(!samePattern(parsePattern('/a/b'), parsePattern('/a/c')));
  assert.ok(!samePattern(parsePattern('/a'), parsePattern('/a/b')));
});

test('the types of parameters follow from the pattern', () => {
  const params: Params<'/orders/:id/items/:item'> = { id: '1', item: '2' };
  const rest: Params<'/files/*'> = { rest: 'a' };
  const none: Params<'/orders'> = {};
  // @ts-expect-error There is no such parameter.
  const wrong: Params<'/orders/:id'> = { nme: '1' };
  assert.ok([params, rest, none, wrong].every((value) => typeof value === 'object'));
});
