import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { explainAddress, parseAddress, printAddress } from './address.ts';
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

test('of what is no address, it is told which part is wrong and what to write', () => {
  for (const [text, found, fix] of [
    ['', /^an empty text$/, /^write a host, a colon and a port, such as 127\.0\.0\.1:3000$/],
    ['127.0.0.1:99999', /^a port above 65535$/, /^write a port from 0 to 65535; 0 picks a free one$/],
    ['127.0.0.1:1234567', /^a port above 65535$/, /from 0 to 65535/],
    ['localhost:-1', /^a port that is no whole number$/, /from 0 to 65535/],
    ['localhost:abc', /^a port that is no whole number$/, /from 0 to 65535/],
    ['[::1]:abc', /^a port that is no whole number$/, /from 0 to 65535/],
    ['localhost:80.5', /^a port that is no whole number$/, /from 0 to 65535/],
    ['3000', /^a port without a host$/, /^write the host before it, such as 127\.0\.0\.1:3000$/],
    [':3000', /^a port without a host$/, /127\.0\.0\.1:3000/],
    [
      '127.0.0.1',
      /^a host without a port$/,
      /^write a colon and the port behind it, such as 127\.0\.0\.1:3000$/,
    ],
    ['localhost', /^a host without a port$/, /colon/],
    ['abc', /^a host without a port$/, /colon/],
    ['localhost:', /^a host without a port$/, /colon/],
    ['[::1]', /^a host without a port$/, /colon/],
    ['::1:3000', /^an IPv6 address without brackets$/, /^write brackets around it, such as \[::1\]:3000$/],
    ['::1', /^an IPv6 address without brackets$/, /\[::1\]:3000/],
    ['[localhost]:3000', /^brackets around what is no IPv6 address$/, /\[::1\]:3000/],
    ['http://localhost:3000', /^a URL$/, /^write its host and port alone, such as 127\.0\.0\.1:3000$/],
    ['*:3000', /^a host that is neither a name nor an IP address$/, /0\.0\.0\.0/],
    ['a b:3000', /^a host that is neither/, /0\.0\.0\.0/],
  ] as const) {
    assert.equal(parseAddress(text), undefined, text);
    const mistake = explainAddress(text);
    assert.match(mistake.found, found, text);
    assert.match(mistake.fix, fix, text);
  }
});
