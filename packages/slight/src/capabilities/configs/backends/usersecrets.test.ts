import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCapability } from '../../core/open.ts';
import { Secret } from '../../core/secret.ts';
import type { Configs } from '../contract.ts';

const granted = new Map([['KEY', 'c4nary']]);
const open = (config: { readonly [key: string]: readonly string[] }, bind = 'usersecrets') =>
  openCapability(
    'configs',
    { name: 'keys', bind, config, secrets: new Secret({ values: [], granted }) },
    { dataDir: '/nowhere/.slight', timeout: 1_000 },
  );

void test('only what is listed can be read', async () => {
  const configs: Configs = await open({ names: ['KEY', 'OTHER'] });
  const value = await configs.get('KEY');
  assert.ok(value instanceof Secret);
  assert.equal(value.reveal(), 'c4nary');
  assert.equal(await configs.get('OTHER'), undefined);
  assert.throws(() => configs.get('PASSWORD'), {
    code: 'permission-denied',
    message: /^configs "keys" \(usersecrets\): get: the app may not read "PASSWORD": .* Add it to names/,
  });
});

void test('a bind that grants nothing, or says a place, is refused', async () => {
  await assert.rejects(open({}), { code: 'invalid-argument', message: /names = \["API_KEY"\]/ });
  for (const bind of ['usersecrets:./other.json', 'usersecrets://host'])
    await assert.rejects(open({ names: ['KEY'] }, bind), {
      code: 'invalid-argument',
      message: /takes no path/,
    });
});
