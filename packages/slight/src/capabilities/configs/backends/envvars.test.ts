import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCapability } from '../../core/open.ts';
import type { Setting } from '../../../slightfile/model.ts';
import type { Configs } from '../contract.ts';
import { envvars } from './envvars.ts';

const surroundings = { dataDir: '/nowhere', timeout: 1_000 };
const open = (config: { readonly [key: string]: Setting }, name = 'settings'): Promise<Configs> =>
  openCapability('configs', { name, bind: 'envvars', config }, surroundings);

void test('only variables that are listed may be read', async (t) => {
  process.env['SLIGHT_TEST_LISTED'] = 'yes';
  process.env['SLIGHT_TEST_CLOUD_KEY'] = 'c4nary';
  t.after(() => {
    delete process.env['SLIGHT_TEST_LISTED'];
    delete process.env['SLIGHT_TEST_CLOUD_KEY'];
  });
  const configs = await open({ names: ['SLIGHT_TEST_LISTED'] });
  assert.equal(configs.get('SLIGHT_TEST_LISTED'), 'yes', 'at once, with no promise');
  assert.deepEqual(configs.getAll(), new Map([['SLIGHT_TEST_LISTED', 'yes']]));
  for (const name of ['SLIGHT_TEST_CLOUD_KEY', 'PATH', '__proto__']) {
    assert.throws(() => configs.get(name), {
      code: 'permission-denied',
      message: /^configs "settings" \(envvars\): get: .*not among the names.*Add it to names, or to secrets$/,
    });
  }
});

void test('what is set lies over the variables, and never in the environment', async () => {
  const configs = await open({ names: ['NODE_TLS_REJECT_UNAUTHORIZED'], writable: true }, 'overlay');
  await configs.set('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  assert.equal(configs.get('NODE_TLS_REJECT_UNAUTHORIZED'), '0');
  assert.equal(process.env['NODE_TLS_REJECT_UNAUTHORIZED'], undefined);
  assert.throws(() => configs.set('PATH', '/tmp'), { code: 'permission-denied' });
  await configs.close();
  const later = await open({ names: ['NODE_TLS_REJECT_UNAUTHORIZED'] }, 'overlay');
  assert.equal(
    later.get('NODE_TLS_REJECT_UNAUTHORIZED'),
    undefined,
    'it is gone with the last that was open',
  );
});

void test('an app only reads, unless the slightfile lets it write', async () => {
  const configs = await open({ names: ['A'] });
  assert.throws(() => configs.set('A', 'x'), { code: 'permission-denied', message: /Add writable = true/ });
  assert.equal(configs.get('A'), undefined);
  const { singleProcess } = envvars;
  assert.ok(typeof singleProcess === 'function');
  // Each process has an overlay of its own.
  assert.deepEqual([singleProcess({ writable: true }), singleProcess({ names: ['A'] })], [true, false]);
});

void test('a bind that grants nothing, or names a place, is refused', async () => {
  await assert.rejects(open({}), {
    code: 'invalid-argument',
    message: /List them: \{ bind = "envvars", names/,
  });
  const bind = { name: 'settings', bind: 'envvars:PATH', config: { names: ['A'] } };
  await assert.rejects(openCapability('configs', bind, surroundings), { code: 'invalid-argument' });
});
