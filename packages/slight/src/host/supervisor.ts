import cluster from 'node:cluster';
import type { Worker } from 'node:cluster';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Slightfile } from '../slightfile/model.ts';
import type { Log } from './log.ts';
import type { FromWorker, ToWorker } from './message.ts';
import { StartError } from './start-error.ts';

type Ready = Extract<FromWorker, { type: 'ready' }>;
type Failed = Extract<FromWorker, { type: 'failed' }>;

export interface SuperviseOptions {
  readonly file: Slightfile;
  readonly log: Log;
  /** Called once, when the app first answers. */
  onReady(ready: Ready): void;
}

/** Most milliseconds that requests under way are given when the app is asked to stop. */
const longestDrain = 20_000;
/** Milliseconds beyond that until a worker that does not end is killed. */
const grace = 3_000;
const firstPause = 100;
const longestPause = 10_000;
/** A worker that lived this many milliseconds was sound: the next one starts at once. */
const soundAfter = 10_000;

/**
 * V8 keeps a stack for each suspended call and leaks the addresses of those beyond a fixed pool, so small stacks are
 * wanted. In KiB; NODE_OPTIONS refuses the flag.
 */
const execArgv = ['--wasm-stack-switching-stack-size=128'];

/**
 * Runs the app in one worker process and starts another whenever that dies. Ends when it is asked to, by SIGINT
 * (Ctrl-C), SIGTERM or SIGHUP: requests under way are finished first. A second Ctrl-C ends it at once.
 *
 * @returns the exit code: 0 after a drain, 1 where it was cut short
 * @throws the error that a worker's first start failed with
 */
export function supervise({ file, log, onReady }: SuperviseOptions): Promise<number> {
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const exec = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));
  cluster.setupPrimary({ exec, args: [], execArgv: [...process.execArgv, ...execArgv] });

  return new Promise<number>((resolve, reject) => {
    let worker: Worker;
    let current = file;
    let wasReady = false; // once, for the app
    let serving = false; // the worker of now
    let stopping = false;
    let failure: Failed | undefined;
    let pause = 0;
    let timer: NodeJS.Timeout | undefined;

    function spawn(): void {
      const began = performance.now();
      failure = undefined;
      serving = false;
      worker = cluster.fork();
      worker.on('message', receive);
      worker.once('exit', (code, signal) => {
        serving = false;
        if (performance.now() - began > soundAfter) pause = 0;
        ended(signal ?? code);
      });
      worker.on('error', (error) => log.host('error', `the worker process: ${error.message}`));
    }

    function receive(message: FromWorker): void {
      if (message.type === 'hello') return send({ type: 'start', file: current });
      if (message.type === 'failed') return void (failure = message);
      serving = true;
      if (wasReady) return log.host('info', `listening again on ${message.url}`);
      wasReady = true;
      current = withPorts(file, message);
      onReady(message);
    }

    function ended(how: string | number): void {
      const description =
        failure?.message.split('\n', 1)[0] ??
        `it ended with ${typeof how === 'string' ? how : `exit code ${how}`}`;
      if (stopping) finish(() => resolve(0));
      else if (!wasReady) finish(() => reject(failure ? toError(failure) : diedEarly(description)));
      else {
        log.host('warn', `the worker process is gone (${description}); starting another`);
        timer = setTimeout(spawn, pause);
        pause = Math.min(longestPause, Math.max(firstPause, pause * 2));
      }
    }

    function send(message: ToWorker): void {
      if (worker.isConnected()) worker.send(message);
    }

    function stop(signal: NodeJS.Signals): void {
      // Service managers send SIGTERM to every process of a group, and some of these pass it on.
      if (stopping && signal !== 'SIGINT') return;
      clearTimeout(timer);
      const again = stopping;
      stopping = true;
      // A worker that serves nobody has nothing to finish.
      if (again || !serving) {
        worker.process.kill('SIGKILL');
        return finish(() => resolve(again ? 1 : 0));
      }
      const bound = Math.min(longestDrain, file.limits.deadline);
      log.host('info', 'stopping: requests under way are finished first');
      log.flush();
      send({ type: 'drain', bound });
      timer = setTimeout(() => worker.process.kill('SIGKILL'), bound + grace);
    }

    function finish(settle: () => void): void {
      clearTimeout(timer);
      for (const signal of signals) process.off(signal, stop);
      log.flush();
      settle();
    }

    for (const signal of signals) process.on(signal, stop);
    spawn();
  });
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The ports that were picked stay the app's when its worker is replaced. */
function withPorts(file: Slightfile, { url, health }: Ready): Slightfile {
  const port = (from: string) => Number(new URL(from).port || 80);
  const { http } = file;
  return {
    ...file,
    http: {
      ...http,
      port: port(url),
      health: http.health && health !== undefined ? { ...http.health, port: port(health) } : undefined,
    },
  };
}

function toError({ name, message, stack }: Failed): Error {
  return Object.assign(new Error(message), { name, ...(stack !== undefined && { stack }) });
}

function diedEarly(description: string): StartError {
  return new StartError(`the worker process could not start the app: ${description}`);
}
