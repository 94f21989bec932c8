/** One script over HTTP that the app passes wherever its messages and locks are. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Report } from './src/job.ts';

const count = 12;

/**
 * Has jobs done and reported by the leader. `base` is the app's address without a slash at its end; its store holds no
 * jobs yet.
 * @throws {AssertionError} at the first step that is not as it should be
 */
export async function runScenario(base: string): Promise<void> {
  const ids = await Promise.all(Array.from({ length: count }, (_, index) => place(base, [index, index + 2])));
  for (const [index, id] of ids.entries()) {
    const job = await eventually(`job ${index} is done`, async () => {
      const asked = await getJson<Job>(`${base}/jobs/${id}`);
      return asked.state === 'done' ? asked : undefined;
    });
    assert.equal(job.mean, index + 1);
  }
  const report = await eventually('the leader reports', async () => {
    const asked = await getJson<Report | null>(`${base}/report`);
    return asked?.done === count ? asked : undefined;
  });
  assert.equal(report.waiting, 0);
}

async function place(base: string, numbers: readonly number[]): Promise<string> {
  const answer = await fetch(`${base}/jobs`, { method: 'POST', body: JSON.stringify({ numbers }) });
  assert.equal(answer.status, 202, await answer.clone().text());
  return ((await answer.json()) as { id: string }).id;
}

async function getJson<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  assert.equal(answer.status, 200, `${url}: ${await answer.clone().text()}`);
  return (await answer.json()) as T;
}

async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (const end = performance.now() + 60_000; performance.now() < end; await sleep(50)) {
    const found = await ask();
    if (found !== undefined) return found;
  }
  assert.fail(`${what}: not within a minute`);
}
