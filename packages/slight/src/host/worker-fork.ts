import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How the process of a worker is started. */
export interface WorkerFork {
  /** What it may do, as flags of Node. */
  readonly permissions: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The app's socket. */
  readonly fd: number | undefined;
}

/** The number that the inherited socket has in a worker: the one after stdin, stdout, stderr and the messages'. */
export const inheritedFd = 4;

/**
 * Workers and their supervisor load some of the same files and need other functions of them compiled: Node keeps those of
 * whoever came first.
 */
function ownCache(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const folder = env.NODE_COMPILE_CACHE;
  return folder === undefined ? env : { ...env, NODE_COMPILE_CACHE: join(folder, 'worker') };
}

/** Starts a process that waits for an app to run. */
export function forkWorker({ permissions, env, fd }: WorkerFork): ChildProcess {
  return fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), [], {
    env: ownCache(env),
    execArgv: [...process.execArgv, ...permissions],
    // Bytes travel as they are.
    serialization: 'advanced',
    stdio: ['inherit', 'inherit', 'inherit', 'ipc', ...(fd === undefined ? [] : [fd])],
  });
}
