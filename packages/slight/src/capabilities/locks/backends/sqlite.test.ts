import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { openCapability } from '../../core/open.ts';
import type { Grant, Locks } from '../contract.ts';
import { isGone, nameOwner } from './sqlite-owner.ts';

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'slight-sqlite-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'data');
}

const openAs = (bind: string, dataDir: string, timeout = 5_000) =>
  openCapability('locks', { name: 'jobs', bind, config: {} }, { dataDir, timeout });

async function open(t: TestContext, dataDir: string, timeout?: number): Promise<Locks> {
  const locks = await openAs('sqlite', dataDir, timeout);
  t.after(() => locks.close());
  return locks;
}

function openFile(t: TestContext, dataDir: string): DatabaseSync {
  const db = new DatabaseSync(join(dataDir, 'locks.db'));
  t.after(() => db.close());
  return db;
}

for (const bind of ['memory', 'sqlite']) {
  void test(`${bind}: what is free, and what is not, is answered at once`, async (t) => {
    const locks = await openAs(bind, makeFolder(t));
    t.after(() => locks.close());
    const { token } = locks.acquire('a', 1_000, 0) as Grant;
    assert.equal(typeof token, 'bigint');
    assert.equal(locks.acquire('a', 1_000, 0), undefined);
    assert.equal((locks.renew('a', token, 1_000) as Grant).token, token);
    assert.equal(locks.release('a', token), undefined);
  });
}

void test('while another process writes, an acquire waits without stopping anything', async (t) => {
  const dataDir = makeFolder(t);
  const locks = await open(t, dataDir);
  const other = openFile(t, dataDir);
  other.exec('BEGIN IMMEDIATE');
  const acquiring = locks.acquire('a', 1_000, 0);
  assert.ok(acquiring instanceof Promise, 'a busy file gives a promise');
  other.exec('COMMIT');
  assert.ok((await acquiring) !== undefined);
});

void test('a file that stays locked is a timeout, and nothing is held', async (t) => {
  const dataDir = makeFolder(t);
  const locks = await open(t, dataDir, 300);
  const other = openFile(t, dataDir);
  other.exec('BEGIN IMMEDIATE');
  await assert.rejects(async () => locks.acquire('a', 60_000, 0), { code: 'timeout', retryable: true });
  other.exec('ROLLBACK');
  assert.ok((await locks.acquire('a', 1_000, 0)) !== undefined);
});

void test('what was released or has expired leaves the file, and tokens go on', async (t) => {
  const dataDir = makeFolder(t);
  t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: Date.now() });
  const locks = await open(t, dataDir);
  const count = () => Number(openFile(t, dataDir).prepare('SELECT count(*) AS n FROM leases').get()?.n);
  const released = (await locks.acquire('released', 1_000, 0))!;
  await locks.release('released', released.token);
  assert.equal(count(), 0);
  for (let i = 0; i < 20; i++) await locks.acquire(`expires ${i}`, 1_000, 0);
  const kept = (await locks.acquire('kept', 1_000_000, 0))!;
  assert.equal(count(), 21);
  t.mock.timers.tick(60_000);
  assert.equal(count(), 1);
  const next = (await locks.acquire('released', 1_000, 0))!;
  assert.ok(next.token > kept.token);
});

void test('tokens grow where the clock is set back, and where the file is removed', async (t) => {
  const dataDir = makeFolder(t);
  const now = Date.now();
  t.mock.timers.enable({ apis: ['Date'], now });
  const first = await openAs('sqlite', dataDir);
  const before = (await first.acquire('a', 1_000, 0))!;
  await first.release('a', before.token);
  t.mock.timers.setTime(now - 3_600_000);
  const earlier = (await first.acquire('a', 1_000, 0))!;
  assert.equal(earlier.token, before.token + 1n);
  await first.close();
  rmSync(dataDir, { recursive: true });
  t.mock.timers.setTime(now + 1_000);
  const second = await open(t, dataDir);
  assert.ok((await second.acquire('a', 1_000, 0))!.token > earlier.token);
});

void test('who cannot be asked whether it lives is passed when it gives no sign of life', async (t) => {
  const dataDir = makeFolder(t);
  const locks = await open(t, dataDir);
  const db = openFile(t, dataDir);
  const stand = db.prepare('INSERT INTO waiting (place, name, owner, seen) VALUES (?, ?, ?, ?)');
  stand.run('jobs', Buffer.from('a'), '1 pid:[another container]', Date.now());
  assert.equal(await locks.acquire('a', 1_000, 0), undefined);
  assert.ok((await locks.acquire('a', 1_000, 20_000)) !== undefined);
});

void test('a process that ended is gone, one that lives is not, nor one that nobody can see', () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const space = nameOwner()!.replace(/^\d+ /, '');
  assert.equal(isGone(`${pid} ${space}`), true);
  assert.equal(isGone(`${process.ppid} ${space}`), false);
  assert.equal(isGone(nameOwner()!), false);
  assert.equal(isGone(`${pid} pid:[another]`), false);
  assert.equal(isGone(null), false);
});

void test('a path, and a file of a newer slight, are refused', async (t) => {
  const dataDir = makeFolder(t);
  await assert.rejects(
    openAs('sqlite:./other.db', dataDir),
    /locks\.db in the data folder. Write `sqlite` alone/,
  );
  await (await openAs('sqlite', dataDir)).close();
  openFile(t, dataDir).exec('PRAGMA user_version = 99');
  await assert.rejects(openAs('sqlite', dataDir), /was made by a newer slight/);
});
