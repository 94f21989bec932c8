import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';
import { Secret } from './secret.ts';

const canary = 'c4nary-Pw/x';
const forms = [canary, Buffer.from(canary).toString('base64'), encodeURIComponent(canary)];

void test('a secret shows itself in no text', () => {
  const secret = new Secret(canary);
  const holder = { settings: [secret], map: new Map([['key', secret]]) };
  const error = new Error(`it is ${secret}`, { cause: secret });
  for (const shown of [
    String(secret),
    `${secret}`,
    // oxlint-disable-next-line prefer-template
    secret + '',
    JSON.stringify(holder),
    inspect(holder, { depth: 9, showHidden: true, customInspect: true }),
    inspect(secret, { customInspect: false, showHidden: true }),
    format('%s %o %O %j', secret, secret, holder, holder),
    inspect(error),
    Object.entries(secret).join(),
    serialize({ ...holder.settings }).toString('latin1'),
  ]) {
    for (const form of forms) assert.ok(!shown.includes(form), shown);
  }
  assert.equal(secret.reveal(), canary);
});
