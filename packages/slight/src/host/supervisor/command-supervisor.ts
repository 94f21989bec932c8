import type { Slightfile } from '../../slightfile/model.ts';
import { pause } from '../../triggers/clock.ts';
import type { BindingRow } from '../bind.ts';
import type { WorkerMetrics } from '../fleet-metrics.ts';
import type { Log } from '../log/log.ts';
import type { Assignment } from '../message.ts';
import { startWorker } from './worker-process.ts';
import type { WorkerProcess } from './worker-process.ts';

export interface CommandOptions {
  readonly log: Log;
  /** Called once, when it runs. */
  onStart(rows: readonly BindingRow[]): void;
  /** Hears of each process that runs it. */
  onWorker(worker: WorkerProcess): void;
  /** Hears what each of them has counted until its end. */
  onCounted(last: WorkerMetrics): void;
  /** Ends it; the reason is its signal. */
  readonly stop: AbortSignal;
}

type Launch = Assignment & { readonly permissions: readonly string[] };

const firstPause = 100;
const longestPause = 10_000;
/** A run of so many milliseconds was sound: the next one starts after the shortest pause. */
const soundAfter = 10_000;
/** Milliseconds that a command which is given up has to let go of what it used. */
const farewell = 5_000;

/** What shells give for a program that a signal ended. */
const signalCodes: { readonly [signal: string]: number } = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/**
 * Runs a program in a process of its own, and again where the slightfile says so, after a pause that grows while it fails
 * at once.
 * @returns its exit code
 * @throws the error that the first start failed with
 */
export async function superviseCommand(
  launch: Launch,
  { log, onStart, onWorker, onCounted, stop }: CommandOptions,
  start = startWorker,
  wait = pause,
): Promise<number> {
  const { restart } = launch.file.command;
  let rest = firstPause;
  for (let first = true; ; first = false) {
    if (stop.aborted) return signalCodes[String(stop.reason)] ?? 1;
    const began = performance.now();
    const worker = start(launch, {
      onWorn: () => undefined,
      onRelay: (command) => worker.taken(command),
      onCounted,
    });
    onWorker(worker);
    const end = (): void => worker.drain(farewell, 0);
    stop.addEventListener('abort', end);
    const code = await runOnce(worker, first, { log, onStart, stop });
    stop.removeEventListener('abort', end);
    if (stop.aborted) return signalCodes[String(stop.reason)] ?? 1;
    if (!startsAgain(restart, code)) return code;
    if (performance.now() - began > soundAfter) rest = firstPause;
    log.host(code === 0 ? 'info' : 'warn', `the command ended with exit code ${code}; starting it again`);
    await wait(rest, stop);
    rest = Math.min(longestPause, rest * 2);
  }
}

function startsAgain(restart: Slightfile['command']['restart'], code: number): boolean {
  return restart === 'always' || (restart === 'on-failure' && code !== 0);
}

async function runOnce(
  worker: WorkerProcess,
  first: boolean,
  { log, onStart, stop }: Pick<CommandOptions, 'log' | 'onStart' | 'stop'>,
): Promise<number> {
  const started = await worker.started;
  if ('failure' in started) {
    // One that was ended while it started has made no mistake.
    if (stop.aborted) return 1;
    if (first) throw started.failure;
    log.host('error', `it could not be started: ${started.failure.message}`);
    return 1;
  }
  if (first) onStart(started.rows);
  const code = await worker.finished;
  const how = await worker.ended;
  if (code === undefined && !stop.aborted) log.host('error', `the process of the command is gone: ${how}`);
  return code ?? 1;
}
