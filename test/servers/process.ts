import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server that a test started. It ends with the test's process at the latest. */
export interface ServerProcess {
  readonly pid: number;
  readonly running: boolean;
  /** Its output so far, for messages. */
  output(): string;
  /** Sends the signal and waits until the process is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** It stops answering, and keeps its connections. */
  pause(): void;
  resume(): void;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export function startProcess(command: string, args: readonly string[], folder: string): ServerProcess {
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  child.stdout.on('data', (bytes: Buffer) => said.push(bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => said.push(bytes.toString()));
  child.on('error', (error) => said.push(error.message));
  running.add(child);
  // A test that fails before it ends its servers must not hang: without these, nothing waits for them.
  const handles = [child, child.stdout as Socket, child.stderr as Socket];
  for (const handle of handles) handle.unref();
  const gone = once(child, 'close').then(() => running.delete(child));
  return {
    pid: child.pid ?? -1,
    get running() {
      return running.has(child);
    },
    output: () => said.join(''),
    async end(signal) {
      for (const handle of handles) handle.ref();
      if (running.has(child)) child.kill(signal);
      // A paused process takes no signal but SIGKILL.
      child.kill('SIGCONT');
      await gone;
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  };
}

/** A loopback port that nobody listened on a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Asks until the answer is yes. */
export async function waitUntil(
  what: string,
  ask: () => Promise<boolean>,
  milliseconds = 15_000,
): Promise<void> {
  for (const end = performance.now() + milliseconds; !(await ask()); await sleep(20)) {
    if (performance.now() > end) throw new Error(`${what}: not within ${milliseconds} ms`);
  }
}

/** Where a command lies, or undefined where it is not installed. */
export function findCommand(command: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, command)).find((path) => existsSync(path));
}
