import assert from 'node:assert/strict';
import test from 'node:test';
import { parsePlace } from '../slightfile/place.ts';
import { readRedisPlace, type RedisPlace } from './redis-place.ts';

function read(bind: string, config: { [key: string]: string } = {}): RedisPlace {
  return readRedisPlace({ ...parsePlace(bind)!, config });
}

const at = (host: string, port: number) => ({ host, port });

test('a bind says what is there, where, and who asks', () => {
  for (const [bind, expected] of [
    ['redis://cache', { kind: 'server', addresses: [at('cache', 6379)], database: 0, tls: false, login: {} }],
    [
      'rediss://:p%40ss@[::1]:7000/3',
      { kind: 'server', addresses: [at('::1', 7000)], database: 3, tls: true, login: { password: 'p@ss' } },
    ],
    [
      'redis+sentinel://u:p@a,b:1/2?master=my%20own',
      {
        kind: 'sentinel',
        addresses: [at('a', 26379), at('b', 1)],
        database: 2,
        master: 'my own',
        login: { username: 'u', password: 'p' },
      },
    ],
    [
      'rediss+cluster://a:1,[::2]:2/0',
      { kind: 'cluster', addresses: [at('a', 1), at('::2', 2)], database: 0, tls: true },
    ],
  ] as const)
    assert.partialDeepStrictEqual(read(bind), expected, bind);
});

test('the login of sentinels is their own', () => {
  const config = { 'sentinel-user': 'u', 'sentinel-password': 'p' };
  const { login, sentinelLogin } = read('redis+sentinel://:other@a?master=m', config);
  assert.deepEqual([login, sentinelLogin], [{ password: 'other' }, { username: 'u', password: 'p' }]);
  assert.throws(() => read('redis+cluster://a', config), /settings of sentinels/);
});

test('what is wrong is said', () => {
  for (const [bind, problem] of [
    ['redis://a/x', /number of a database/],
    ['redis://a?master=m', /no query/],
    ['redis+cluster://a?master=m', /no query/],
    ['redis://a,b', /redis\+sentinel or redis\+cluster/],
    ['redis+sentinel://a,b', /\?master=NAME/],
    ['redis+sentinel://a,b?master=', /\?master=NAME/],
    ['redis+sentinel://a,b?master=m&password=p', /\?master=NAME/],
    ['redis+cluster://a,b/1', /no database but 0/],
  ] as const)
    assert.throws(() => read(bind), problem, bind);
});
