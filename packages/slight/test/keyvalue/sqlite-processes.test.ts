import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { openKeyValue } from '../../src/capabilities/core/registry.ts';

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'slight-processes-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'data');
}

/** Starts an adder. `sums` has those that it was answered, as they come. */
function startAdder(dataDir: string, times: number) {
  const script = join(import.meta.dirname, 'adder.ts');
  const child = spawn(process.execPath, [script, dataDir, String(times)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()));
  return {
    child,
    sums: () => output.split('\n').slice(0, -1).map(Number),
    ended: once(child, 'close').then(([code]) => ({ code: code as number | null, errors })),
  };
}

async function readCount(dataDir: string): Promise<number> {
  const store = await openKeyValue(
    { name: 'counts', bind: 'sqlite', config: {} },
    { dataDir, timeout: 20_000 },
  );
  const count = Number(await store.increment('count', 0n));
  await store.close();
  return count;
}

function assertSound(dataDir: string): void {
  const db = new DatabaseSync(join(dataDir, 'keyvalue.db'));
  assert.deepEqual({ ...db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
  db.close();
}

void test('processes that start together and add to one counter lose nothing', async (t) => {
  const dataDir = makeFolder(t);
  // Nobody made the database for them: each may be the first.
  const adders = Array.from({ length: 3 }, () => startAdder(dataDir, 60));
  for (const { ended } of adders) assert.deepEqual(await ended, { code: 0, errors: '' });
  const sums = adders.flatMap(({ sums }) => sums());
  assert.deepEqual(
    sums.toSorted((a, b) => a - b),
    Array.from({ length: 180 }, (_, i) => i + 1),
  );
  assert.equal(await readCount(dataDir), 180);
  assertSound(dataDir);
});

void test('a process that is killed while it writes harms nothing', async (t) => {
  const dataDir = makeFolder(t);
  const others = [startAdder(dataDir, 60), startAdder(dataDir, 60)];
  const killed = startAdder(dataDir, 1_000_000);
  while (killed.sums().length < 20) await once(killed.child.stdout, 'data');
  killed.child.kill('SIGKILL');
  await killed.ended;
  for (const { ended } of others) assert.deepEqual(await ended, { code: 0, errors: '' });
  const answered = [killed, ...others].flatMap(({ sums }) => sums());
  const count = await readCount(dataDir);
  assert.equal(new Set(answered).size, answered.length, 'two were answered the same sum');
  assert.ok(count >= answered.length, `${answered.length} were answered, ${count} are there`);
  assert.ok(count <= answered.length + 1, `${answered.length} were answered, ${count} are there`);
  assertSound(dataDir);
});
