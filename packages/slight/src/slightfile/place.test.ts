import assert from 'node:assert/strict';
import test from 'node:test';
import { parsePlace } from './place.ts';

test('several servers stand between commas', () => {
  for (const [text, first, hosts] of [
    ['redis://cache:6379/0', 'redis://cache:6379/0', ['cache:6379']],
    ['redis+cluster://a:7000,b,[::1]:7001', 'redis+cluster://a:7000', ['a:7000', 'b', '[::1]:7001']],
    ['x://u:p,q@a:1,b:2/0?master=m,n', 'x://u:p,q@a:1/0?master=m,n', ['a:1', 'b:2']],
    ['x://u:p@a:1,b:2#c', 'x://u:p@a:1#c', ['a:1', 'b:2']],
    ['redis://a/b,c', 'redis://a/b,c', ['a']],
    ['filesystem:./a,b', 'filesystem:./a,b', []],
  ] as const) {
    const place = parsePlace(text);
    assert.equal(place?.url.href, new URL(first).href, text);
    assert.deepEqual(place.hosts, hosts, text);
  }
});

test('each of several servers is one', () => {
  for (const text of ['x://a:1,b:port', 'x://a:1,', 'x://,a:1', 'x://a:1,b:99999', 'a,b'])
    assert.equal(parsePlace(text), undefined, text);
});
