import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { openCapability, type BindText } from '../../src/capabilities/core/open.ts';
import { findViolations } from '../../src/capabilities/locks/history.ts';
import { findHoldings, type HolderLine as Line } from './holdings.ts';

/** How often a holder is killed or stopped. */
const rounds = Number(process.env.SLIGHT_LOCK_ROUNDS ?? 8);
/** Milliseconds. */
const ttl = 250;

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'slight-locks-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'data');
}

function startHolder(t: TestContext, mode: string, dataDir: string, amount: number, bind = 'sqlite') {
  const script = join(import.meta.dirname, 'holder.ts');
  const child = spawn(process.execPath, [script, mode, bind, dataDir, String(amount)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  let errors = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()));
  const lines = (): Line[] =>
    output
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  return {
    child,
    lines,
    errors: () => errors,
    async until(event: Line['event']): Promise<Line> {
      for (;;) {
        const found = lines().find((line) => line.event === event);
        if (found !== undefined) return found;
        assert.equal(child.exitCode, null, errors);
        await once(child.stdout, 'data');
      }
    },
    ended: once(child, 'close').then(([code]) => code as number | null),
  };
}

function open(dataDir: string, bind = 'sqlite') {
  const find = () => ({ name: 'kept', bind: 'sqlite', config: {} });
  const config: BindText['config'] = bind === 'keyvalue' ? { store: 'kept' } : {};
  return openCapability('locks', { name: 'jobs', bind, config }, { dataDir, timeout: 10_000, find });
}

async function readList(dataDir: string): Promise<string[]> {
  const bind = { name: 'log', bind: 'sqlite', config: {} };
  const store = await openCapability('keyvalue', bind, { dataDir, timeout: 10_000 });
  const list = Buffer.from((await store.get('list')) ?? []).toString();
  await store.close();
  return list.split('\n').slice(0, -1);
}

/** Which of them says that it has the lock. */
async function findHolder(running: readonly ReturnType<typeof startHolder>[]): Promise<number> {
  for (const end = performance.now() + 60_000; ; await sleep(2)) {
    const found = running.findIndex(({ lines }) => /held|wrote/.test(lines().at(-1)?.event ?? ''));
    if (found >= 0) return found;
    assert.ok(performance.now() < end, 'for a minute nobody had the lock');
  }
}

function countWaiting(dataDir: string): number {
  const db = new DatabaseSync(join(dataDir, 'locks.db'), { timeout: 5_000 });
  const { count } = db.prepare('SELECT count(*) AS count FROM waiting').get() as { count: number };
  db.close();
  return count;
}

function assertSound(dataDir: string, bind: string): void {
  for (const name of bind === 'sqlite' ? ['locks.db', 'keyvalue.db'] : ['keyvalue.db']) {
    const db = new DatabaseSync(join(dataDir, name));
    assert.deepEqual({ ...db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' }, name);
    db.close();
  }
}

for (const bind of ['sqlite', 'keyvalue']) {
  void test(`${bind}: processes that are killed or stopped while they hold a lock harm nobody`, async (t) => {
    const dataDir = makeFolder(t);
    const all = Array.from({ length: 3 }, () => startHolder(t, 'work', dataDir, ttl, bind));
    const running = [...all];
    const killed = new Set<(typeof all)[number]>();
    await Promise.all(all.map(({ until }) => until('held')));
    for (let round = 0; round < rounds; round++) {
      const holds = await findHolder(running);
      await sleep(Math.random() * 20);
      // Now and then it is one who waits, or has just begun.
      const index = Math.random() < 0.8 ? holds : Math.floor(Math.random() * running.length);
      const victim = running[index]!;
      if (round % 2 === 0) {
        victim.child.kill('SIGKILL');
        killed.add(victim);
        await victim.ended;
        all.push((running[index] = startHolder(t, 'work', dataDir, ttl, bind)));
      } else {
        victim.child.kill('SIGSTOP');
        await sleep(ttl * (0.5 + Math.random() * 1.5));
        victim.child.kill('SIGCONT');
      }
    }
    // Whoever was killed last is waited for by nobody any more.
    await running[0]!.until('held');
    for (const each of running) {
      each.child.kill('SIGKILL');
      killed.add(each);
      await each.ended;
    }

    for (const each of all) assert.equal(each.errors(), '');
    const history = all.flatMap(({ lines }) => findHoldings(lines()));
    assert.deepEqual(findViolations(history), []);
    const list = await readList(dataDir);
    assert.deepEqual(
      list.map(BigInt).toSorted((a, b) => (a < b ? -1 : Number(a > b))),
      list.map(BigInt),
      'a write with an older token came after a newer one',
    );
    const written = all.flatMap(({ lines }) => lines().filter(({ event }) => event === 'wrote'));
    // What was killed in the middle may have written without saying so.
    assert.ok(list.length >= written.length, `${written.length} were answered, ${list.length} are there`);
    assert.ok(list.length <= written.length + killed.size);
    assertSound(dataDir, bind);
    const locks = await open(dataDir, bind);
    const last = await locks.acquire('job', 1_000, 10_000);
    assert.ok(last !== undefined && history.every(({ token }) => token < last.token));
    await locks.close();
    const count = (event: string) =>
      all.flatMap(({ lines }) => lines()).filter((line) => line.event === event).length;
    t.diagnostic(
      `${rounds} rounds: ${history.length} holdings, ${list.length} writes, ${count('refused')} refused, ${count('lost')} lost`,
    );
  });
}

void test('who was stopped for longer than the ttl can neither write, nor renew, nor release', async (t) => {
  const dataDir = makeFolder(t);
  const holder = startHolder(t, 'pause', dataDir, ttl);
  const { token } = await holder.until('held');
  holder.child.kill('SIGSTOP');
  const locks = await open(dataDir);
  const next = (await locks.acquire('job', 60_000, 20_000))!;
  assert.ok(next.token > BigInt(token));
  const bind = { name: 'log', bind: 'sqlite', config: {} };
  const store = await openCapability('keyvalue', bind, { dataDir, timeout: 10_000 });
  const fence = { lock: 'job', token: String(next.token) };
  await store.set('list', Buffer.from(`${next.token}\n`), { fence });
  holder.child.stdin.write('go on\n');
  holder.child.kill('SIGCONT');
  const { wrote, released, renewed, let: letGo, lost } = await holder.until('woke');
  assert.deepEqual(
    { wrote, released, renewed, letGo, lost },
    {
      wrote: false,
      released: 'precondition-failed',
      renewed: 'precondition-failed',
      letGo: 'precondition-failed',
      lost: true,
    },
  );
  assert.equal(await holder.ended, 0, holder.errors());
  assert.deepEqual(await readList(dataDir), [String(next.token)]);
  await locks.release('job', next.token);
  await locks.close();
  await store.close();
});

void test('a release in one process wakes who waits in another', async (t) => {
  const dataDir = makeFolder(t);
  const turns = 40;
  // Nobody looks by himself: a hand-over that is not heard would take until the end of the ttl.
  const locks = await open(dataDir);
  const { token } = (await locks.acquire('job', 60_000, 0))!;
  const holders = [startHolder(t, 'turns', dataDir, turns), startHolder(t, 'turns', dataDir, turns)];
  while (countWaiting(dataDir) < 2) await sleep(20);
  await locks.release('job', token);
  await locks.close();
  for (const { ended, errors } of holders) assert.equal(await ended, 0, errors());
  const lines = holders.flatMap(({ lines }, process) => lines().map((line) => ({ ...line, process })));
  const inOrder = lines.toSorted((a, b) => Number(BigInt(a.token) - BigInt(b.token)));
  assert.equal(inOrder.length, 2 * turns);
  const times = inOrder.flatMap(({ at, process }, i) =>
    i > 0 && inOrder[i - 1]!.process !== process ? [at - inOrder[i - 1]!.at] : [],
  );
  assert.ok(times.length > turns, `it changed hands ${times.length} times only`);
  const sorted = times.toSorted((a, b) => a - b);
  t.diagnostic(
    `${times.length} hand-overs: median ${sorted[sorted.length >> 1]} ms, slowest ${sorted.at(-1)} ms`,
  );
});

void test('who waits gets a lock whose holder was killed, when its time is over', async (t) => {
  const dataDir = makeFolder(t);
  const holder = startHolder(t, 'pause', dataDir, 2_000);
  const { token } = await holder.until('held');
  const locks = await open(dataDir);
  holder.child.kill('SIGKILL');
  assert.equal(await locks.acquire('job', 1_000, 0), undefined, 'it is kept for the ttl');
  const next = await locks.acquire('job', 1_000, 20_000);
  assert.ok(next !== undefined && next.token > BigInt(token));
  await locks.close();
});

void test('who is killed while it waits is in nobody’s way', async (t) => {
  const dataDir = makeFolder(t);
  const locks = await open(dataDir);
  const { token } = (await locks.acquire('job', 60_000, 0))!;
  const waiting = startHolder(t, 'turns', dataDir, 1);
  while (countWaiting(dataDir) === 0) await sleep(20);
  waiting.child.kill('SIGKILL');
  await waiting.ended;
  await locks.release('job', token);
  assert.equal(countWaiting(dataDir), 1, 'nobody took it out of the line');
  assert.ok((await locks.acquire('job', 1_000, 0)) !== undefined);
  await locks.close();
});
