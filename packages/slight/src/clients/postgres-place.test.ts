import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CapabilityError } from '../capabilities/core/error.ts';
import type { Config } from '../capabilities/core/capability.ts';
import { readPostgresPlace } from './postgres-place.ts';

const read = (rest: string, config: Config = {}) =>
  readPostgresPlace({
    url: new URL(`postgres://user:p%40ss%zz@db.example/app${rest}`),
    config,
    dataDir: '/none/.slight',
  });

test('an sslmode says whether TLS is spoken, and whom with', () => {
  const settings = (mode: string) => {
    const { tls, settings } = read(mode);
    return { tls, ssl: settings.ssl };
  };
  assert.deepEqual(settings(''), { tls: false, ssl: false });
  assert.deepEqual(settings('?sslmode=disable'), { tls: false, ssl: false });
  assert.deepEqual(settings('?sslmode=require'), { tls: true, ssl: { rejectUnauthorized: false } });
  assert.deepEqual(settings('?sslmode=verify-full'), { tls: true, ssl: {} });
});

test('what leaves that open, or says it twice, is refused', () => {
  for (const [rest, expected] of [
    ['?sslmode=prefer', /no such sslmode/],
    ['?sslmode=verify-ca', /no such sslmode/],
    ['?sslmode=constructor', /no such sslmode/],
    ['?sslmode=verify-full&sslrootcert=ca.pem', /sslrootcert is not taken.*NODE_EXTRA_CA_CERTS/],
    ['?sslmode=verify-full&sslcert=app.pem', /sslcert is not taken in the bind.*`certificate-file`/],
    ['?ssl=true', /ssl is not taken.*verify-full/],
    ['?uselibpqcompat=true&sslmode=require', /uselibpqcompat is not taken/],
  ] as const)
    assert.throws(
      () => read(rest),
      (error) =>
        error instanceof CapabilityError && error.code === 'invalid-argument' && expected.test(error.message),
      rest,
    );
});

test('the library gets no sslmode, other settings, and credentials that it can read', () => {
  const { settings, host, port } = read('?sslmode=require&options=-c%20work_mem%3D8MB');
  assert.equal(
    settings.connectionString,
    'postgres://user:p%2540ss%25zz@db.example/app?options=-c+work_mem%3D8MB',
  );
  assert.deepEqual([host, port], ['db.example', 5432]);
});
