import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { withoutKey } from '../../secrets/key.ts';
import type { HeldCommand } from '../../triggers/held/command.ts';
import type { EarlyWorker } from './early-worker.ts';
import type { WorkerMetrics } from '../fleet-metrics.ts';
import type { Assignment, FromWorker, Question, ToWorker } from '../message.ts';
import { packFile } from '../packed-file.ts';
import { sizeOf } from '../relay.ts';
import { launchFor } from '../runner-launch.ts';
import { StartError } from '../log/start-error.ts';
import { forkWorker, inheritedFd } from './worker-fork.ts';

export type Ready = Extract<FromWorker, { type: 'ready' }>;

/** A worker as its supervisor sees it. */
export interface WorkerProcess {
  /** Comes once: it serves, or why it does not. */
  readonly started: Promise<Ready | { readonly failure: Error }>;
  /** The exit code of the program that it runs; undefined: the process has gone before. */
  readonly finished: Promise<number | undefined>;
  /** Whether it serves: it has started and was not asked to end. */
  readonly serving: boolean;
  /** How it ended, in words. */
  readonly ended: Promise<string>;
  /** Has it do what is done once on each host, which was done until `since`. */
  lead(since: number): void;
  /** It does that no longer: it has ended, or what it was at has. */
  readonly resigned: Promise<void>;
  /** The answer; undefined where none came within `patience` milliseconds. */
  ask(question: Question, patience: number): Promise<unknown>;
  /**
   * Asks it to finish what is under way within `bound` milliseconds and to end; kills it where it does not. Where it
   * has not started it is killed at once. For `idle` milliseconds its idle connections may bring one more request.
   */
  drain(bound: number, idle: number): void;
  /** Hands on what a worker said to all, `own`: this one. Gives a promise where it should take some of that first. */
  relay(command: HeldCommand, own: boolean): Promise<void> | undefined;
  /** All workers have taken what this one said. */
  taken(command: HeldCommand): void;
  kill(): void;
}

/** What a worker asks for by itself. */
export interface WorkerWishes {
  /** It wants to be replaced. */
  onWorn(reason: string): void;
  /** It says something to all workers. */
  onRelay(command: HeldCommand): void;
  /** It has counted this, and counts no more. */
  onCounted(last: WorkerMetrics): void;
}

/** Bytes on their way to a worker from which those who say more wait for it. */
const enough = 1024 * 1024;
/** Milliseconds in which a worker for which others wait must take something: a hung one would stop them all. */
const longestHang = 5_000;

/** Milliseconds in which a worker must have started. */
const longestStart = 60_000;
/** Milliseconds beyond its drain until a worker that does not end is killed. */
const grace = 3_000;

/** Signals that the terminal, or who manages services, sends to all of a group. */
const endings: ReadonlySet<unknown> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP']);
/** Milliseconds in which a signal that ended a worker has reached its supervisor, where it was meant for both. */
const longestEcho = 2_000;

/** Tells this host from others that run the same app. */
const host = randomUUID();

/**
 * Starts a process that runs the app.
 * @param early - may have one already
 */
export function startWorker(
  { permissions, ...assignment }: Assignment & { readonly permissions: readonly string[] },
  { onWorn, onRelay, onCounted }: WorkerWishes,
  early?: EarlyWorker,
): WorkerProcess {
  const { fd } = assignment;
  // Its app is granted variables by their names; the key of the secrets is for nobody's app.
  const wanted = { permissions, env: withoutKey(process.env, assignment.file.secrets), fd };
  const child = early?.takeProcess(wanted) ?? forkWorker(wanted);
  const started = Promise.withResolvers<Ready | { failure: Error }>();
  const ended = Promise.withResolvers<string>();
  const resigned = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<number | undefined>();
  const questions = new Map<number, (answer: unknown) => void>();
  let asked = 0;
  let waiting = 0;
  let saidTaken = 0;
  let hang: NodeJS.Timeout | undefined;
  const roomy: (() => void)[] = [];
  let state: 'starting' | 'serving' | 'draining' | 'ended' = 'starting';
  let failure: Error | undefined;
  let timer: NodeJS.Timeout | undefined = setTimeout(() => {
    failure = new StartError(
      `the app did not start within ${longestStart / 1000} seconds\n` +
        '  fix: see what it does when an instance is made (the top level of its modules), and how busy this machine is',
    );
    kill();
  }, longestStart);

  function send(message: ToWorker): void {
    // It may have died a moment ago; its end is told of elsewhere.
    if (child.connected) child.send(message, () => undefined);
  }

  function makeRoom(): void {
    clearTimeout(hang);
    hang = undefined;
    for (const resolve of roomy.splice(0)) resolve();
  }

  function kill(): void {
    child.kill('SIGKILL');
  }

  function end(how: string): void {
    clearTimeout(timer);
    state = 'ended';
    for (const settle of questions.values()) settle(undefined);
    makeRoom();
    resigned.resolve();
    finished.resolve(undefined);
    started.resolve({ failure: failure ?? diedEarly(how) });
    ended.resolve(failure?.message.split('\n', 1)[0] ?? how);
  }

  // It finds this when it listens to messages.
  send({
    type: 'start',
    ...assignment,
    ...packFile(assignment.file),
    host,
    ...(fd !== undefined && { fd: inheritedFd }),
  });
  child.on('message', (message: FromWorker) => {
    switch (message.type) {
      case 'ready':
        clearTimeout(timer);
        state = 'serving';
        return started.resolve(message);
      case 'failed':
        return void (failure = toError(message));
      case 'worn':
        return onWorn(message.reason);
      case 'relay':
        return onRelay(message.command);
      case 'finished':
        return finished.resolve(message.code);
      case 'resigned':
        return resigned.resolve();
      case 'counted':
        return onCounted(message.last);
      case 'launch':
        return void launchFor(child, assignment.file, message);
      case 'answer':
        return questions.get(message.id)?.(message.answer);
    }
  });
  child.on('error', () => undefined);
  // Its last message may be read after its end is known.
  void Promise.all([once(child, 'exit'), once(child, 'disconnect')]).then(
    async ([[code, signal]]) => {
      // Whoever ends a whole group of processes ends this one, too, which may hear of it later. One that starts and is asked
      // to end does so with 0, where it hears signals already.
      if (endings.has(signal) || (state === 'starting' && code === 0)) await sleep(longestEcho);
      end(`it ended with ${signal ?? `exit code ${code}`}`);
    },
    (error: Error) => end(`it could not be started: ${error.message}`),
  );

  return {
    started: started.promise,
    get serving() {
      return state === 'serving';
    },
    ended: ended.promise,
    lead: (since) => send({ type: 'lead', since }),
    resigned: resigned.promise,
    finished: finished.promise,
    async ask(question, patience) {
      if (state !== 'serving') return undefined;
      const id = asked++;
      const { promise, resolve } = Promise.withResolvers<unknown>();
      questions.set(id, resolve);
      const late = setTimeout(resolve, patience);
      send({ type: 'ask', id, question });
      try {
        return await promise;
      } finally {
        clearTimeout(late);
        questions.delete(id);
      }
    },
    drain(bound, idle) {
      clearTimeout(timer);
      if (state === 'starting') return kill();
      state = 'draining';
      send({ type: 'drain', bound, idle });
      timer = setTimeout(kill, bound + grace);
    },
    relay(command, own) {
      const full = waiting > enough;
      // One that starts holds no connections yet, and may be busy for seconds.
      if (!child.connected || (state === 'starting' && full)) return undefined;
      const size = sizeOf(command);
      waiting += size;
      child.send({ type: 'relay', command, own } satisfies ToWorker, () => {
        waiting -= size;
        hang?.refresh();
        if (waiting <= enough) makeRoom();
      });
      if (waiting <= enough || state === 'starting') return undefined;
      hang ??= setTimeout(() => {
        failure ??= new Error('it hung: others waited for it to take what they say on connections');
        kill();
      }, longestHang);
      return new Promise((resolve) => roomy.push(resolve));
    },
    taken(command) {
      // In one message for all of a turn.
      if (saidTaken === 0) {
        setImmediate(() => {
          send({ type: 'taken', bytes: saidTaken });
          saidTaken = 0;
        });
      }
      saidTaken += sizeOf(command);
    },
    kill,
  };
}

function toError({ name, message, stack }: Extract<FromWorker, { type: 'failed' }>): Error {
  return Object.assign(new Error(message), { name, ...(stack !== undefined && { stack }) });
}

function diedEarly(how: string): StartError {
  return new StartError(
    `the worker process could not start the app: ${how}\n` +
      '  fix: see what it said before; where that is nothing, the system may have ended it for want of memory',
  );
}
