import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { openCapability } from '../../src/capabilities/core/open.ts';
import type { Messaging } from '../../src/capabilities/messaging/contract.ts';

/** A process of a test. `lines` are those that it has said whole. */
export interface TestProcess {
  lines(): string[];
  /** Until it has said something. */
  started(): Promise<void>;
  kill(): Promise<void>;
  /** Ends its input, and waits for it to end well. */
  finish(): Promise<void>;
}

export function startProcess(t: TestContext, script: string, ...args: readonly string[]): TestProcess {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  let errors = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()));
  let over = false;
  const ended = once(child, 'close').finally(() => (over = true));
  return {
    lines: () => output.split('\n').slice(0, -1),
    async started() {
      while (output === '' && !over) await Promise.race([once(child.stdout, 'data'), ended]);
      assert.equal(errors, '');
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
      assert.equal(errors, '');
    },
    async finish() {
      child.stdin.end();
      const [code] = await ended;
      assert.deepEqual({ code, errors }, { code: 0, errors: '' });
    },
  };
}

export function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'slight-messages-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function openEvents(
  dataDir: string,
  config: { readonly [key: string]: string | number },
  bind = 'sqlite',
): Promise<Messaging> {
  return openCapability('messaging', { name: 'events', bind, config }, { dataDir, timeout: 20_000 });
}

export function readLines(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}

export function assertSound(dataDir: string): void {
  const db = new DatabaseSync(join(dataDir, 'messaging.db'));
  assert.deepEqual({ ...db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
  db.close();
}

/** A number that the environment may raise. */
export function countFrom(variable: string, usual: number): number {
  return Number(process.env[variable] ?? usual);
}
