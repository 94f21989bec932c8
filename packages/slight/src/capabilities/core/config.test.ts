import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Setting } from '../../slightfile/model.ts';
import type { ConfigField } from './backend.ts';
import { checkConfig } from './config.ts';
import { CapabilityError } from './error.ts';

const fields: { readonly [key: string]: ConfigField } = {
  table: { type: 'string', doc: 'where rows go', required: true, example: '"orders"' },
  retries: { type: 'number', doc: 'how often', default: 3 },
  cluster: { type: 'boolean', doc: 'several nodes' },
  names: { type: 'strings', doc: 'which ones' },
  token: { type: 'string', doc: 'the key to it', secret: true },
};

function refusal(given: { [key: string]: Setting }): string {
  try {
    checkConfig(fields, given);
  } catch (error) {
    assert.ok(error instanceof CapabilityError);
    assert.equal(error.code, 'invalid-argument');
    return error.message;
  }
  return assert.fail('it was accepted');
}

void test('settings are taken, and defaults filled in', () => {
  assert.deepEqual(checkConfig(fields, { table: 't', cluster: false }), {
    table: 't',
    retries: 3,
    cluster: false,
  });
  assert.deepEqual(checkConfig({}, {}), {});
  assert.deepEqual(checkConfig(fields, { table: 't', names: ['a'] }).names, ['a']);
});

void test('a wrong setting says what is wrong, all of it at once, and never a value', () => {
  const message = refusal({ retires: 5, token: 12345, cluster: 'Secret' });
  assert.match(message, /`retires` is no setting of this backend: did you mean `retries`\?/);
  assert.match(message, /`table` is missing: where rows go \(for example "orders"\)/);
  assert.match(message, /`cluster` must be a boolean, not a string/);
  assert.match(message, /`token` must be a string, not a number/);
  assert.doesNotMatch(message, /Secret|12345/);
  assert.match(refusal({ table: 't', retries: Number.NaN }), /`retries` must be a number/);
  assert.match(refusal({ table: 't', xyz: 1 }), /it has table, retries, cluster, names, token/);
  assert.match(refusal({ table: 't', names: 'a' }), /`names` must be a list of texts, not a string/);
  assert.match(refusal({ table: ['t'] }), /`table` must be a string, not a list of texts/);
  assert.match(refusal({ table: 't', constructor: 1 }), /`constructor` is no setting/);
});

void test('a duration is given in milliseconds, and a choice is one of its words', () => {
  const some: { readonly [key: string]: ConfigField } = {
    lease: { type: 'duration', doc: 'how long', default: '30s' },
    order: { type: 'string', doc: 'which order', choices: ['none', 'key'] },
  };
  assert.deepEqual(checkConfig(some, {}), { lease: 30_000 });
  assert.deepEqual(checkConfig(some, { lease: '5m', order: 'key' }), { lease: 300_000, order: 'key' });
  for (const [given, message] of [
    [{ lease: 30 }, /`lease` must be a duration such as "30s" .*, not a number/],
    [{ lease: '30 days' }, /`lease` must be a duration such as "30s"/],
    [{ order: 'keys' }, /`order` must be "none" or "key"/],
  ] as const) {
    assert.throws(() => checkConfig(some, given), { code: 'invalid-argument', message });
  }
});
