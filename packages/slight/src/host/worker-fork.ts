import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How the process of a worker is started. */
export interface WorkerFork {
  /** What it may do, as flags of Node. */
  readonly permissions: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The app's socket. */
  readonly fd: number | undefined;
}

/**
 * V8 keeps a stack for each suspended call and leaks the addresses of those beyond a fixed pool, so small stacks are
 * wanted. In KiB; NODE_OPTIONS refuses the flag.
 */
const execArgv = ['--wasm-stack-switching-stack-size=128'];
/** The number that the inherited socket has in a worker: the one after stdin, stdout, stderr and the messages'. */
export const inheritedFd = 4;

/** Starts a process that waits for an app to run. */
export function forkWorker({ permissions, env, fd }: WorkerFork): ChildProcess {
  return fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), [], {
    env,
    execArgv: [...process.execArgv, ...execArgv, ...permissions],
    // Bytes travel as they are.
    serialization: 'advanced',
    stdio: ['inherit', 'inherit', 'inherit', 'ipc', ...(fd === undefined ? [] : [fd])],
  });
}
