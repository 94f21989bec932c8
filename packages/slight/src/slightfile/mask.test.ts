import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { maskSecrets } from './mask.ts';

const canary = 'h7nter-Qx';

test('credentials are hidden however they are written', () => {
  for (const text of [
    `redis://user:${canary}@cache:6379/0`,
    `redis://:${canary}@cache`,
    `redis://${canary}@cache`,
    `orders = "redis://u:${canary}/x@y@cache:6379"`,
    `'redis://u:a"${canary}@cache'`,
    `orders = "redis://u:${canary}`,
    `orders = "redis://u:12345${canary}`,
    `orders = { bind = "redis://h", password = "${canary}" }`,
    `password = '${canary}'`,
    `"my-secret" = "${canary}\\"${canary}" # x`,
    `api_key="${canary}`,
    `postgres://db/x?password=${canary}&sslmode=require`,
    `AccountKey=${canary};x`,
    `failed: connect redis://a:${canary}@h and redis://b:${canary}@i`,
  ]) {
    assert.doesNotMatch(maskSecrets(text), new RegExp(canary), text);
  }
});

test('what is no credential stays', () => {
  for (const text of [
    'orders = "redis://cache:6379/0"',
    'address = "127.0.0.1:3000"',
    'redis://127.0.0.1:6379',
    'listening on http://127.0.0.1:3000, see //x',
    'key "tokens" in [limits]',
    'settings = { bind = "envvars", secrets = ["API_KEY"] }',
  ]) {
    assert.equal(maskSecrets(text), text);
  }
  assert.equal(maskSecrets('"redis://u:p@cache:6379"'), '"redis://***@cache:6379"');
});

test('hiding twice hides nothing more', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z"':@/=#\s]{0,40}$/), (text) => {
      const once = maskSecrets(text);
      assert.equal(maskSecrets(once), once);
    }),
  );
});

test('a long text that looks like credentials takes no longer than another one', { timeout: 30_000 }, () => {
  // By the square of its length each would take many minutes.
  for (const part of ['//', 'a//', '@//', 'x://a', 'password-', 'password', 'a-', 'token="', "secret='"]) {
    const text = part.repeat(500_000);
    assert.ok(maskSecrets(text).length > 0, part);
  }
});
