import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CapabilityError } from './error.ts';
import { findBackend, listBackends, openCapability } from './open.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'slight-registry-'));
const surroundings = { dataDir, timeout: 2_000 };
after(() => rmSync(dataDir, { recursive: true }));

function refusal(code: string, message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof CapabilityError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

void test('a bind of one word opens the backend of that name', async () => {
  for (const bind of ['memory', 'sqlite', 'sqlite:']) {
    const store = await openCapability('keyvalue', { name: 'orders', bind, config: {} }, surroundings);
    await store.set('k', Buffer.from('v'));
    assert.equal(Buffer.from((await store.get('k'))!).toString(), 'v');
    await store.close();
  }
});

void test('backends in this process answer at once', async () => {
  for (const bind of ['memory', 'sqlite']) {
    const store = await openCapability('keyvalue', { name: 'sync', bind, config: {} }, surroundings);
    assert.equal(store.set('k', Buffer.from('v')), undefined);
    assert.ok(store.get('k') instanceof Uint8Array);
    assert.equal(store.get('missing'), undefined);
    assert.equal(store.increment('n', 2n), 2n);
    assert.equal(store.exists('k'), true);
    assert.deepEqual(store.keys(), { keys: ['k', 'n'] });
    assert.throws(
      () => store.get(''),
      refusal('invalid-argument', /keyvalue "sync" \((memory|sqlite)\): get: /),
    );
    await store.close();
  }
});

const open = (bind: string) => openCapability('keyvalue', { name: 'orders', bind, config: {} }, surroundings);

void test('an unknown scheme suggests the nearest one', async () => {
  await assert.rejects(
    open('sqlit'),
    refusal('invalid-argument', /"orders".*`sqlit`: did you mean `sqlite`\?/),
  );
  await assert.rejects(open('carrier-pigeon://x'), refusal('invalid-argument', /there are memory, sqlite/));
});

void test('settings that a backend does not have are refused, before anything is opened too', async () => {
  const bind = { name: 'orders', bind: 'sqlite', config: { path: 'x' } };
  await assert.rejects(
    openCapability('keyvalue', bind, surroundings),
    refusal('invalid-argument', /`path` is no setting/),
  );
  await assert.rejects(findBackend('keyvalue', bind), refusal('invalid-argument', /`path` is no setting/));
  await assert.rejects(
    openCapability('keyvalue', { ...bind, bind: 'sqlite:/etc/passwd', config: {} }, surroundings),
    refusal('invalid-argument', /takes no path/),
  );
});

void test('listed backends say what they are', async () => {
  const backends = await listBackends('keyvalue');
  for (const { scheme, capability, doc, features } of backends) {
    assert.equal(capability, 'keyvalue');
    assert.match(scheme, /^[a-z0-9]+$/);
    assert.ok(doc.length > 0 && features.size > 0);
  }
  assert.equal(
    (await findBackend('keyvalue', { name: 'a', bind: 'memory', config: {} })).singleProcess,
    true,
  );
});

void test('client libraries are optional peers, in the version that the error names', async () => {
  const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  for (const { packages = [] } of await listBackends('keyvalue')) {
    for (const spec of packages) {
      const name = spec.slice(0, spec.lastIndexOf('@'));
      assert.equal(`${name}@${manifest.peerDependencies[name]}`, spec);
      assert.equal(manifest.peerDependenciesMeta[name].optional, true);
    }
  }
});

void test('a backend that cannot give what the app says it needs is refused, before anything is opened too', async () => {
  const needs = (config: { [key: string]: string | boolean }) => ({ name: 'events', bind: 'memory', config });
  const refused = refusal(
    'unsupported',
    /messaging "events" \(memory\): the app needs durable = true, which memory cannot give\. Backends that can: sqlite/,
  );
  await assert.rejects(openCapability('messaging', needs({ durable: true }), surroundings), refused);
  await assert.rejects(findBackend('messaging', needs({ durable: true })), refused);
  const enough = needs({ delivery: 'at-least-once', order: 'key', queue: true });
  await (await openCapability('messaging', enough, surroundings)).close();
  await assert.rejects(
    findBackend('messaging', needs({ order: 'sometimes' })),
    refusal('invalid-argument', /`order` must be "none" or "key"/),
  );
  await assert.rejects(
    findBackend('messaging', needs({ lease: '1ms' })),
    refusal('invalid-argument', /`lease`/),
  );
});
