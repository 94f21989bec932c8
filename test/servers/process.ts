import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
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
  for (const { pid } of running) if (pid !== undefined) signalAll(pid, 'SIGKILL');
});

/** Sends a signal to a process and to all that came of it: some servers answer in processes of their own. */
function signalAll(pid: number, signal: NodeJS.Signals): void {
  for (const each of [pid, ...listDescendants(pid)]) {
    try {
      process.kill(each, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** From `/proc`; nothing where there is none. */
function listDescendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of existsSync('/proc') ? readdirSync('/proc') : []) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      // The name, in parentheses, may hold anything; the parent is the second field behind it.
      const parent = Number(readFileSync(`/proc/${entry}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // It has ended meanwhile.
    }
  }
  const below = (parent: number): number[] =>
    (children.get(parent) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

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
      if (running.has(child)) {
        if (signal === 'SIGKILL') signalAll(child.pid!, signal);
        else child.kill(signal);
        // A paused process takes no other signal.
        signalAll(child.pid!, 'SIGCONT');
      }
      await gone;
    },
    pause: () => signalAll(child.pid!, 'SIGSTOP'),
    resume: () => signalAll(child.pid!, 'SIGCONT'),
  };
}

/** Below those that systems give out for port 0 and to connections: those would take a server's while it is away. */
const portRange = { from: 10_000, to: 30_000 };

/** A loopback port that nobody listened on a moment ago. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(portRange.from, portRange.to);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** Asks until the answer is yes. */
export async function waitUntil(
  what: string,
  ask: () => Promise<boolean>,
  milliseconds = 60_000,
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
