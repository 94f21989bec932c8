import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseAddress, printAddress } from './address.ts';
import { parseDuration, parseSize, printDuration, printSize } from './units.ts';

test('sizes are whole numbers of binary units', () => {
  assert.equal(parseSize('256MiB'), 268_435_456);
  assert.equal(parseSize('0B'), 0);
  assert.equal(parseSize('1GiB'), 1024 ** 3);
  for (const text of [
    '256',
    '256MB',
    '1.5MiB',
    '-1B',
    ' 1B',
    '1 B',
    '',
    'MiB',
    '1mib',
    '9999999999999999GiB',
    '1toString',
  ]) {
    assert.equal(parseSize(text), undefined, text);
  }
});

test('durations are whole numbers of ms, s, m or h', () => {
  assert.equal(parseDuration('500ms'), 500);
  assert.equal(parseDuration('30s'), 30_000);
  assert.equal(parseDuration('2m'), 120_000);
  assert.equal(parseDuration('1h'), 3_600_000);
  for (const text of ['30', '30sec', '1m30s', '0.5s', 's', '30S'])
    assert.equal(parseDuration(text), undefined, text);
});

test('what is printed is read as the same number', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      assert.equal(parseSize(printSize(value)), value);
      assert.equal(parseDuration(printDuration(value)), value);
    }),
  );
  assert.equal(printSize(268_435_456), '256MiB');
  assert.equal(printDuration(30_000), '30s');
  assert.equal(printSize(0), '0B');
});

test('addresses have a host and a port', () => {
  assert.deepEqual(parseAddress('127.0.0.1:3000'), { host: '127.0.0.1', port: 3000 });
  assert.deepEqual(parseAddress('[::1]:0'), { host: '::1', port: 0 });
  assert.deepEqual(parseAddress('my-host.example:65535'), { host: 'my-host.example', port: 65535 });
  for (const text of [
    '3000',
    ':3000',
    '127.0.0.1',
    '127.0.0.1:',
    '::1:3000',
    '[::1]',
    'a:65536',
    'a:-1',
    'a b:1',
    'http://a:1',
  ]) {
    assert.equal(parseAddress(text), undefined, text);
  }
  fc.assert(
    fc.property(fc.ipV6(), fc.nat(65535), (host, port) => {
      assert.deepEqual(parseAddress(printAddress({ host, port })), { host, port });
    }),
  );
});
