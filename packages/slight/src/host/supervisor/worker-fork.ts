import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { workerCompileCache } from '../folders.ts';

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

/** Starts a process that waits for an app to run. */
export function forkWorker({ permissions, env, fd }: WorkerFork): ChildProcess {
  const compiled = workerCompileCache(env);
  return fork(fileURLToPath(new URL('../worker/worker.ts', import.meta.url)), [], {
    env: compiled === undefined ? env : { ...env, NODE_COMPILE_CACHE: compiled },
    execArgv: [...process.execArgv, ...permissions],
    // Bytes travel as they are.
    serialization: 'advanced',
    stdio: ['inherit', 'inherit', 'inherit', 'ipc', ...(fd === undefined ? [] : [fd])],
  });
}
