import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { countFrom, makeFolder, openEvents, readLines, startProcess } from './processes.ts';

/** `SLIGHT_TEST_MESSAGES=100000` for a thorough run. */
export const count = countFrom('SLIGHT_TEST_MESSAGES', 2_000);
/** Milliseconds. */
export const options = { timeout: 60_000 + count * 10 };
const keys = 50;
const together = 200;

export interface Competition {
  readonly ordered?: boolean;
  /** Messages that wait at most: some servers are slow where they have many. */
  readonly backlog?: number;
}

/**
 * So many messages through two processes that compete: none is lost, none doubled, keys are in order where that can be had.
 * @returns the folder of their data
 */
export async function compete(
  t: TestContext,
  bind: string,
  { ordered = true, backlog = Infinity }: Competition = {},
): Promise<string> {
  const folder = makeFolder(t);
  const dataDir = join(folder, 'data');
  const file = join(folder, 'handled');
  const config = { order: ordered ? 'key' : 'none' };
  const events = await openEvents(dataDir, config, bind);
  await events.subscribe('workers', ['work']);
  const begun = performance.now();
  const args = [dataDir, file, JSON.stringify(config), bind];
  const consumers = [0, 1].map(() => startProcess(t, 'consumer.ts', ...args));
  await Promise.all(consumers.map((each) => each.started()));
  for (let next = 0; next < count; next += together) {
    while (next > backlog && next - readLines(file).length > backlog - together) await sleep(20);
    const turn = Array.from({ length: Math.min(together, count - next) }, (_, i) => next + i);
    await Promise.all(
      turn.map((i) => events.publish('work', Buffer.from(`${i % keys} ${i}`), { key: `${i % keys}` })),
    );
  }
  await Promise.all(consumers.map((each) => each.finish()));
  assert.deepEqual(await events.count('workers'), { waiting: 0, leased: 0, dead: 0 });
  await events.close();
  const taken = performance.now() - begun;

  const handled = readLines(file).map((line) => line.split(' ').map(Number) as [key: number, i: number]);
  const different = new Set(handled.map(([, i]) => i));
  t.diagnostic(`${handled.length - different.size} duplicates; ${Math.round(taken / 1_000)} s in all`);
  assert.equal(different.size, count, 'lost');
  assert.equal(handled.length, count, 'doubled, although nobody was killed');
  if (!ordered) return dataDir;
  const last = new Map<number, number>();
  for (const [key, i] of handled) {
    assert.ok((last.get(key) ?? -1) < i, `key ${key}: ${i} after ${last.get(key)}`);
    last.set(key, i);
  }
  return dataDir;
}
