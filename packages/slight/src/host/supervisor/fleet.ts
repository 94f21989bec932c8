import { setTimeout as sleep } from 'node:timers/promises';
import type { HeldCommand } from '../../triggers/held/command.ts';
import { createLead } from './lead.ts';
import type { Log } from '../log/log.ts';
import type { WorkerMetrics } from '../fleet-metrics.ts';
import type { Assignment, Question } from '../message.ts';
import { startWorker } from './worker-process.ts';
import type { Ready, WorkerProcess } from './worker-process.ts';

/** The app as it is to run, and how many workers run it. */
export interface Release extends Assignment {
  /** What lives in a worker's memory and goes with it, in words. */
  readonly volatile: readonly string[];
  /** What its processes may do, as flags of Node. */
  readonly permissions: readonly string[];
}

/** The workers of an app, each with a place of its own. */
export interface Fleet {
  /**
   * Starts them, the first one alone.
   * @throws the error that the first one's start failed with
   */
  start(): Promise<Ready>;
  /**
   * Replaces them one after another by workers of another release, each of which serves before the former one stops
   * taking connections. Where the first of them does not start, everything stays as it is, and that error is given.
   * @param idle - milliseconds for which connections to the former ones may bring one more request
   */
  roll(release: Release, idle: number): Promise<Error | undefined>;
  /** The answers of the workers that serve; undefined for one that did not answer in time. */
  ask(question: Question): Promise<unknown[]>;
  counts(): {
    readonly serving: number;
    /** Workers that were started because one had died. */
    readonly restarts: number;
  };
  /** Ends once all have ended. */
  stop(bound: number): Promise<void>;
  kill(): void;
}

interface Place {
  readonly number: number;
  worker?: WorkerProcess;
  /** Since when, in `performance.now()`. */
  since: number;
  /** Milliseconds until the next start after a failure. */
  pause: number;
  timer?: NodeJS.Timeout;
}

const firstPause = 100;
const longestPause = 10_000;
/** A worker that lived this many milliseconds was sound: the next one starts at once. */
const soundAfter = 10_000;
/** Milliseconds in which a worker answers a question. */
const patience = 1_000;
/** Longer than a connection is kept between two requests: a worker that was replaced closes none of its own accord. */
export const longestIdle = 70_000;
/** Most replaced workers that wait for what their clients may still send. */
const mostRetired = 8;

/** @param onCounted - hears what each worker has counted until its end */
export function createFleet(
  first: Release,
  log: Log,
  start = startWorker,
  onCounted: (last: WorkerMetrics) => void = () => undefined,
): Fleet {
  let release = first;
  let stopping = false;
  let restarts = 0;
  let replacing: Promise<unknown> = Promise.resolve();
  const places: Place[] = [];
  const all = new Set<WorkerProcess>();
  const retired = new Set<WorkerProcess>(); // in order
  const lead = createLead<WorkerProcess>();

  function launch(place: Place, of: Release): WorkerProcess {
    const onRelay = (command: HeldCommand) => {
      const full = [...all].map((each) => each.relay(command, each === worker)).filter((room) => room);
      if (full.length === 0) worker.taken(command);
      else void Promise.all(full).then(() => worker.taken(command));
    };
    const onWorn = (reason: string) => {
      void inTurn(async () => {
        if (place.worker !== worker || stopping) return;
        log.host('info', `${name(place)} is replaced: ${reason}`);
        const failure = await replace(place, release);
        if (failure && !stopping) log.host('warn', `no other worker could be started: ${firstLine(failure)}`);
      });
    };
    const worker = start(of, { onWorn, onRelay, onCounted });
    all.add(worker);
    void worker.ended.then(() => all.delete(worker));
    // The others were told to end before this one was there; nobody would ever tell it.
    if (stopping) worker.kill();
    return worker;
  }

  /** One replacement at a time: there is room for one more worker, not for twice as many. */
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = replacing.then(task);
    replacing = turn.catch(() => undefined);
    return turn;
  }

  /** Gives a worker that serves its place. The former one finishes its requests; when this one dies, another starts. */
  function seat(place: Place, worker: WorkerProcess, idle = longestIdle): void {
    const former = place.worker;
    clearTimeout(place.timer);
    place.worker = worker;
    place.since = performance.now();
    if (former !== undefined) {
      retire(former, idle);
      sayLosses(release);
    }
    lead.offer(worker);
    void worker.ended.then((how) => {
      lead.withdraw(worker);
      if (place.worker !== worker || stopping) return;
      delete place.worker;
      if (performance.now() - place.since > soundAfter) place.pause = 0;
      log.host('warn', `${name(place)} is gone (${how}); starting another`);
      sayLosses(release);
      restart(place);
    });
  }

  function retire(worker: WorkerProcess, idle = longestIdle): void {
    const bound = Math.max(longestIdle, release.file.limits.deadline);
    lead.withdraw(worker);
    worker.drain(bound, idle);
    retired.add(worker);
    void worker.ended.then(() => retired.delete(worker));
    const [oldest] = retired;
    if (retired.size <= mostRetired || oldest === undefined) return;
    oldest.drain(bound, 0);
    retired.delete(oldest);
  }

  function sayLosses({ volatile }: Release): void {
    if (volatile.length > 0) log.host('warn', `what was kept in memory is gone: ${volatile.join(', ')}`);
  }

  function restart(place: Place): void {
    restarts++;
    place.timer = setTimeout(() => void revive(place, true), place.pause);
    place.pause = Math.min(longestPause, Math.max(firstPause, place.pause * 2));
  }

  async function revive(place: Place, again: boolean): Promise<void> {
    const worker = launch(place, release);
    const started = await worker.started;
    if (stopping) return;
    // A rollout was faster, or took the place away.
    if (place.worker !== undefined || !places.includes(place)) return retire(worker);
    if ('failure' in started) {
      log.host('warn', `${name(place)} could not be started (${firstLine(started.failure)}); trying again`);
      return restart(place);
    }
    seat(place, worker);
    if (again)
      log.host('info', started.url === undefined ? 'running again' : `listening again on ${started.url}`);
  }

  async function replace(place: Place, by: Release, idle?: number): Promise<Error | undefined> {
    const worker = launch(place, by);
    const started = await worker.started;
    if ('failure' in started) return started.failure;
    if (!stopping) seat(place, worker, idle);
    return undefined;
  }

  function addPlace(): Place {
    const place: Place = { number: places.length + 1, since: 0, pause: 0 };
    places.push(place);
    return place;
  }

  /** Adds or takes away places until there are as many as the release wants. */
  async function resize(): Promise<void> {
    if (stopping) return;
    const wanted = release.file.limits.workers;
    const added: Place[] = [];
    while (places.length < wanted) added.push(addPlace());
    for (const place of places.splice(wanted)) {
      clearTimeout(place.timer);
      const { worker } = place;
      delete place.worker;
      if (worker !== undefined) retire(worker);
    }
    await Promise.all(added.map((place) => revive(place, false)));
  }

  function name({ number }: Place): string {
    return places.length > 1 ? `worker process ${number}` : 'the worker process';
  }

  return {
    async start() {
      const place = addPlace();
      const worker = launch(place, release);
      const started = await worker.started;
      if ('failure' in started) throw started.failure;
      seat(place, worker);
      void inTurn(resize);
      return started;
    },
    roll(next, idle) {
      return inTurn(async () => {
        const [place, ...others] = places;
        if (place === undefined || stopping) return undefined;
        const failure = await replace(place, next, idle);
        if (failure !== undefined || stopping) return failure;
        release = next;
        for (const other of others.slice(0, next.file.limits.workers - 1)) {
          // It has started once: what fails now is likely to pass.
          for (let pause = firstPause; !stopping; pause = Math.min(longestPause, pause * 2)) {
            const again = await replace(other, next, idle);
            if (again === undefined || stopping) break;
            log.host('warn', `${name(other)} could not be replaced (${firstLine(again)}); trying again`);
            await sleep(pause);
          }
        }
        await resize();
        return undefined;
      });
    },
    ask(question) {
      return Promise.all(
        [...all].filter(({ serving }) => serving).map((each) => each.ask(question, patience)),
      );
    },
    counts: () => ({ serving: [...all].filter(({ serving }) => serving).length, restarts }),
    async stop(bound) {
      stopping = true;
      for (const { timer } of places) clearTimeout(timer);
      for (const worker of all) {
        lead.withdraw(worker);
        worker.drain(bound, 0);
      }
      await Promise.all([...all].map(({ ended }) => ended));
    },
    kill() {
      stopping = true;
      for (const { timer } of places) clearTimeout(timer);
      for (const worker of all) worker.kill();
    },
  };
}

function firstLine({ message }: Error): string {
  return message.split('\n', 1)[0]!;
}
