import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { openCapability } from '../../src/capabilities/core/open.ts';

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'slight-processes-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'data');
}

/** Starts an adder. `sums` has those that it was answered, as they come. */
function startAdder(bind: string, dataDir: string, times: number) {
  const script = join(import.meta.dirname, 'adder.ts');
  const child = spawn(process.execPath, [script, bind, dataDir, String(times)], {
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

async function readCount(bind: string, dataDir: string): Promise<number> {
  const store = await openCapability(
    'keyvalue',
    { name: 'counts', bind, config: {} },
    { dataDir, timeout: 20_000 },
  );
  const count = Number(await store.increment('count', 0n));
  await store.close();
  return count;
}

function assertSound(bind: string, dataDir: string): void {
  if (bind !== 'sqlite') return;
  const db = new DatabaseSync(join(dataDir, 'keyvalue.db'));
  assert.deepEqual({ ...db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
  db.close();
}

for (const bind of ['sqlite', 'filesystem']) {
  void test(`${bind}: who watches hears of what another process writes, up to its last write`, async (t) => {
    const dataDir = makeFolder(t);
    const store = await openCapability(
      'keyvalue',
      { name: 'counts', bind, config: {} },
      { dataDir, timeout: 20_000 },
    );
    t.after(() => store.close());
    const watch = await store.watch({ key: 'count' });
    const adders = [startAdder(bind, dataDir, 40), startAdder(bind, dataDir, 40)];
    let version: string | undefined;
    for (let last = false; !last;) {
      const ended = adders.every(({ child }) => child.exitCode !== null);
      // While the newest write was heard nothing has to come.
      const heard = version === (await store.getVersioned('count'))?.version;
      const { changes, resync } = await watch.next(heard ? 200 : 10_000);
      assert.equal(resync, false);
      for (const change of changes) {
        assert.deepEqual([change.key, change.change], ['count', 'set']);
        version = change.version;
      }
      last = ended && changes.length === 0;
    }
    assert.equal(version, (await store.getVersioned('count'))?.version);
    watch.close();
  });

  void test(`${bind}: processes that start together and add to one counter lose nothing`, async (t) => {
    const dataDir = makeFolder(t);
    // Nobody made the database for them: each may be the first.
    const adders = Array.from({ length: 3 }, () => startAdder(bind, dataDir, 60));
    for (const { ended } of adders) assert.deepEqual(await ended, { code: 0, errors: '' });
    const sums = adders.flatMap(({ sums }) => sums());
    assert.deepEqual(
      sums.toSorted((a, b) => a - b),
      Array.from({ length: 180 }, (_, i) => i + 1),
    );
    assert.equal(await readCount(bind, dataDir), 180);
    assertSound(bind, dataDir);
  });

  void test(`${bind}: who reads meanwhile sees one value after the other, each with its version`, async (t) => {
    const dataDir = makeFolder(t);
    const adders = [startAdder(bind, dataDir, 150), startAdder(bind, dataDir, 150)];
    const store = await openCapability(
      'keyvalue',
      { name: 'counts', bind, config: {} },
      { dataDir, timeout: 20_000 },
    );
    t.after(() => store.close());
    const versions = new Map<number, string>();
    let latest = 0;
    for (let ended = false; !ended; await new Promise((resolve) => setImmediate(resolve))) {
      ended = adders.every(({ child }) => child.exitCode !== null);
      const found = await store.getVersioned('count');
      const count = found === undefined ? 0 : Number(Buffer.from(found.value).toString());
      assert.ok(count >= latest, `${count} after ${latest}`);
      if (latest > 0) assert.deepEqual((await store.keys()).keys, ['count']);
      latest = count;
      if (found === undefined) continue;
      assert.equal(versions.get(count) ?? found.version, found.version);
      versions.set(count, found.version);
    }
    for (const { ended } of adders) assert.deepEqual(await ended, { code: 0, errors: '' });
    assert.equal(latest, 300);
    assert.equal(new Set(versions.values()).size, versions.size);
  });

  void test(`${bind}: a process that is killed while it writes harms nothing`, async (t) => {
    const dataDir = makeFolder(t);
    const others = [startAdder(bind, dataDir, 60), startAdder(bind, dataDir, 60)];
    const killed = startAdder(bind, dataDir, 1_000_000);
    while (killed.sums().length < 20) await once(killed.child.stdout, 'data');
    killed.child.kill('SIGKILL');
    await killed.ended;
    for (const { ended } of others) assert.deepEqual(await ended, { code: 0, errors: '' });
    const answered = [killed, ...others].flatMap(({ sums }) => sums());
    const count = await readCount(bind, dataDir);
    assert.equal(new Set(answered).size, answered.length, 'two were answered the same sum');
    assert.ok(count >= answered.length, `${answered.length} were answered, ${count} are there`);
    assert.ok(count <= answered.length + 1, `${answered.length} were answered, ${count} are there`);
    assertSound(bind, dataDir);
  });
}
