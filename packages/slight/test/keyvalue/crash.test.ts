import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openCapability } from '../../src/capabilities/core/open.ts';
import type { KeyValue } from '../../src/capabilities/keyvalue/contract.ts';

interface Write {
  readonly value?: string;
  readonly ttl?: number;
}

const key = 'Key 1';
const hour = 3_600_000;

async function open(dataDir: string): Promise<KeyValue> {
  return await openCapability(
    'keyvalue',
    { name: 'orders', bind: 'filesystem', config: {} },
    { dataDir, timeout: 5_000 },
  );
}

/** What a store says of the key now, and after an hour. */
async function look(t: TestContext, dataDir: string) {
  const store = await open(dataDir);
  const value = (await store.get(key))?.toString();
  const version = (await store.getVersioned(key))?.version;
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + hour });
  const later = (await store.get(key))?.toString();
  t.mock.timers.reset();
  await store.close();
  return { value, version, later };
}

async function apply(dataDir: string, { value, ttl }: Write): Promise<void> {
  const store = await open(dataDir);
  if (value === undefined) await store.delete(key);
  else await store.set(key, Buffer.from(value), ttl === undefined ? {} : { ttl });
  await store.close();
}

function dieAt(dataDir: string, call: number, write: Write): boolean {
  const script = join(import.meta.dirname, 'dying-writer.ts');
  const args = [script, dataDir, String(call), JSON.stringify({ key, ...write })];
  const { signal, status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.ok(signal === 'SIGKILL' || status === 0, stderr);
  return signal !== null;
}

const cases: { readonly [name: string]: readonly [before: Write, write: Write] } = {
  'that gives an expiry': [{ value: 'old' }, { value: 'new', ttl: 60_000 }],
  'that removes an expiry, with the same bytes': [{ value: 'same', ttl: 60_000 }, { value: 'same' }],
  'that deletes': [{ value: 'old', ttl: 60_000 }, {}],
};

for (const [name, [before, write]] of Object.entries(cases)) {
  void test(`a write ${name} is there whole or not at all, wherever its process was killed`, async (t) => {
    const seen = new Set<string>();
    for (let call = 1, died = true; died; call++) {
      const dataDir = mkdtempSync(join(tmpdir(), 'slight-crash-'));
      t.after(() => rmSync(dataDir, { recursive: true, force: true }));
      await apply(dataDir, before);
      const first = await look(t, dataDir);
      died = dieAt(dataDir, call, write);
      const found = await look(t, dataDir);
      if (found.version === first.version) assert.deepEqual(found, first, `call ${call}`);
      else {
        const { value, ttl } = write;
        assert.equal(found.value, value, `call ${call}`);
        assert.equal(found.later, ttl === undefined ? value : undefined, `call ${call}`);
      }
      seen.add(found.version === first.version ? 'old' : 'new');

      // Whoever comes next is kept out by nothing, and what was left lying about is gone.
      await apply(dataDir, { value: 'next' });
      assert.equal((await look(t, dataDir)).later, 'next', `call ${call}`);
      const meta = readdirSync(join(dataDir, 'keyvalue/orders/.meta')).filter((each) => each !== '.lock');
      assert.equal(meta.length, 1, `call ${call}: ${meta.join()}`);
      assert.ok(call < 100 && existsSync(dataDir));
    }
    assert.deepEqual(seen, new Set(['old', 'new']));
  });
}
