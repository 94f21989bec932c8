import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/** What the process that runs SQL is told: its database, and how long a statement waits for others who write. */
export interface RunnerOrder {
  /** Absolute. */
  readonly path: string;
  /** Milliseconds. */
  readonly timeout: number;
}

export type LaunchRunner = (order: RunnerOrder) => Promise<Socket>;

/** It reads files and starts its watchdog; SQLite opens the database by itself. No network, programs, addons or variables. */
const flags = ['--permission', '--allow-fs-read=*', '--allow-worker', '--disable-warning=PERM0006'];

/** Starts a process that runs SQL. It ends when the socket does. */
export function startRunner({ path, timeout }: RunnerOrder): Promise<Socket> {
  const program = fileURLToPath(new URL('./backends/sqlite-runner.ts', import.meta.url));
  const { TMPDIR } = process.env;
  const child = spawn(process.execPath, [...flags, program, path, String(timeout)], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    env: { ...(TMPDIR !== undefined && { TMPDIR }) },
  });
  child.unref();
  const socket = child.stdio[3] as Socket;
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(socket));
  });
}

let launch: LaunchRunner = startRunner;

/** Starts a runner, by whoever may start processes. */
export const launchRunner: LaunchRunner = (order) => launch(order);

/** For a process that may start none itself. */
export function launchThrough(other: LaunchRunner): void {
  launch = other;
}
