import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CapabilityError } from '../capabilities/core/error.ts';
import { parsePlace } from '../slightfile/place.ts';
import { readNatsPlace } from './nats-place.ts';

void test('binds of one server and of several', () => {
  for (const [bind, servers, tls = false] of [
    ['nats://cache', [{ host: 'cache', port: 4222 }]],
    ['nats://user:pass@cache:4000/', [{ host: 'cache', port: 4000 }]],
    ['nats://[::1]?tls=true', [{ host: '::1', port: 4222 }], true],
    [
      'nats://token@a:1,b,[fd00::7]:3',
      [
        { host: 'a', port: 1 },
        { host: 'b', port: 4222 },
        { host: 'fd00::7', port: 3 },
      ],
    ],
    [
      'nats://a,b:1?tls=true',
      [
        { host: 'a', port: 4222 },
        { host: 'b', port: 1 },
      ],
      true,
    ],
  ] as const)
    assert.deepEqual(readNatsPlace(parsePlace(bind)!), { servers, tls }, bind);
});

void test('what else a bind says is refused, and not passed over', () => {
  for (const bind of [
    'nats:',
    'nats://cache/bucket',
    'nats://cache?tls=false',
    'nats://cache?tls',
    'nats://cache?token=S3same',
    'nats://cache?tls=true&user=S3same',
    'nats://cache?tls=true&tls=true',
    'nats://user:12#S3same@cache',
    'nats://a,b/bucket',
  ])
    assert.throws(
      () => readNatsPlace(parsePlace(bind)!),
      (error) => {
        assert.ok(error instanceof CapabilityError, bind);
        assert.equal(error.code, 'invalid-argument');
        assert.match(error.message, /needs a host.*\?tls=true: nats:\/\/a:4222,b:4222.*percent/, bind);
        assert.doesNotMatch(error.message, /S3same/);
        return true;
      },
      bind,
    );
});

void test('a cluster with TLS is named by what certificates are made out to', () => {
  for (const bind of ['nats://a,10.0.0.1?tls=true', 'nats://[::1],b?tls=true'])
    assert.throws(() => readNatsPlace(parsePlace(bind)!), /by their names/, bind);
});
