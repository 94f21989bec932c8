import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import type { Proxy } from '../../../../test/servers/proxy.ts';
import type { TestServer } from '../../../../test/servers/server.ts';
import type { Attempt } from './record.ts';

/** How often each fault comes: `SLIGHT_TEST_ROUNDS=20` for a thorough run. */
export const rounds = Number(process.env.SLIGHT_TEST_ROUNDS ?? 1);
/** Servers that are broken at the same time: most of the time of these tests is spent waiting. */
export const concurrency = 4;
/** Milliseconds of one operation in the processes. */
export const timeout = 1_500;
/** Milliseconds that this machine may hold up what is over. */
const slack = 5_000;
/** Milliseconds until all works again. */
const patience = 30_000;

/** A process of a test; `lines` are what it has said, parsed. */
export interface FaultProcess<Line> {
  lines(): readonly Line[];
  /** Fails where it has ended, or said what is no line of ours. */
  assertAlive(): void;
  tell(line: string): void;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Ends it without warning. */
  kill(): Promise<void>;
  /** Ends its input, and waits for it to end well. */
  finish(): Promise<void>;
}

export function startFaultProcess<Line>(
  t: TestContext,
  script: string,
  ...args: readonly string[]
): FaultProcess<Line> {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const said: Line[] = [];
  let rest = '';
  let errors = '';
  child.stdout.on('data', (bytes: Buffer) => {
    const lines = (rest + bytes.toString()).split('\n');
    rest = lines.pop()!;
    for (const line of lines) said.push(JSON.parse(line) as Line);
  });
  child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    lines: () => said,
    assertAlive: () => assert.deepEqual({ code: child.exitCode, errors }, { code: null, errors: '' }),
    tell: (line) => void child.stdin.write(`${line}\n`),
    signal: (signal) => void child.kill(signal),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async finish() {
      child.stdin.end();
      const late = AbortSignal.timeout(patience);
      const code = await Promise.race([ended, once(late, 'abort').then(() => 'it does not end')]);
      assert.deepEqual({ code, errors }, { code: 0, errors: '' });
    },
  };
}

/** What can happen to a server, and to the link to it that some use. */
export const faults: { readonly [name: string]: (server: TestServer, link: Proxy) => Promise<void> } = {
  async 'the server is killed and comes back'(server) {
    await server.kill();
    await sleep(300);
    await server.restart();
  },
  async 'the link is cut for a second'(_, link) {
    await link.cut();
    await sleep(1_000);
    await link.heal();
  },
  async 'the server is silent for five seconds'(server) {
    await server.pause();
    await sleep(5_000);
    server.resume();
  },
};

/** Waits until something is so. */
export async function eventually(
  what: string,
  look: () => boolean | Promise<boolean>,
  running: readonly Pick<FaultProcess<unknown>, 'assertAlive'>[],
): Promise<void> {
  for (const end = performance.now() + patience; !(await look()); await sleep(20)) {
    for (const each of running) each.assertAlive();
    assert.ok(performance.now() < end, `not within ${patience} ms: ${what}`);
  }
}

/** Repeats what may fail for a while. */
export async function recovers<T>(work: () => Promise<T> | T): Promise<T> {
  for (const end = performance.now() + patience; ; await sleep(20)) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}

/**
 * What every attempt keeps, whatever happens: it ends, and where it fails, then since the server was away.
 * @param waits milliseconds that an attempt may take beside its timeout
 * @returns how they ended, in words
 */
export function assertHonest(attempts: readonly Attempt[], waits = 0): string {
  const counts = new Map<string, number>();
  let longest = 0;
  for (const { name, from, until, failure } of attempts) {
    longest = Math.max(longest, until - from);
    assert.ok(until - from < timeout + waits + slack, `${name} took ${until - from} ms`);
    if (failure === undefined) continue;
    const { code, outcome, message } = failure;
    assert.match(code, /^(unavailable|timeout)$/, `${name}: ${message}`);
    const kind = `${code}/${outcome}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const failed = [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
  return `${attempts.length} attempts, failed: ${failed || 'none'}; the longest took ${Math.round(longest)} ms`;
}
