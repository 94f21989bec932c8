import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { hasTriggers } from '../../slightfile/model.ts';
import type { Slightfile } from '../../slightfile/model.ts';
import { printAddress } from '../../slightfile/address.ts';
import type { Address } from '../../slightfile/address.ts';
import type { HealthPages } from '../../triggers/health.ts';
import { watchApp } from './app-watch.ts';
import { checkBinds, prepareStorage } from '../bind.ts';
import { readComponent } from './component-file.ts';
import { isProgram, readRoles, readUsed } from '../exports.ts';
import type { Roles } from '../exports.ts';
import type { EarlyWorker } from './early-worker.ts';
import { createFleetMetrics } from '../fleet-metrics.ts';
import type { WorkerMetrics } from '../fleet-metrics.ts';
import { createFleet, longestIdle } from './fleet.ts';
import type { Release } from './fleet.ts';
import { cacheFolder } from '../folders.ts';
import { summarizeHealth } from '../health-summary.ts';
import { grantSecrets } from './granted-secrets.ts';
import type { WorkerHealth } from '../health-summary.ts';
import type { Log } from '../log/log.ts';
import { prepareCache } from '../module-cache.ts';
import { findPermissions } from './permissions.ts';
import { bindPort } from './port.ts';
import type { Port } from './port.ts';
import { summarizeReadiness } from '../readiness.ts';
import type { BackendState } from '../readiness.ts';
import type { Question } from '../message.ts';
import type { BindingRow } from '../bind.ts';
import { findVolatile } from './single-process.ts';
import { findTraces } from '../telemetry.ts';
import { checkReferences } from './references.ts';
import { startWorker } from './worker-process.ts';
import type { Ready, WorkerProcess } from './worker-process.ts';

export interface SuperviseOptions {
  readonly file: Slightfile;
  /** Reads the slightfile again when the app is asked to take up what has changed. */
  readonly read: () => Promise<Slightfile>;
  /** Arguments for an app that is run as a program; absent: none were given, nor the wish for it. */
  readonly args?: readonly string[] | undefined;
  /** Called once, when a program runs. */
  onCommand(rows: readonly BindingRow[]): void;
  /** Replaces the workers when the component's file changes. */
  readonly watch: boolean;
  readonly log: Log;
  /** What was started for it on a guess. */
  readonly early?: EarlyWorker | undefined;
  /** Called once, when the app first answers. `health`: the URL of `/healthz`. */
  onReady(file: Slightfile, ready: Ready, health: string | undefined): void;
}

/** Most milliseconds that requests under way are given when the app is asked to stop. */
const longestDrain = 20_000;

/**
 * Milliseconds for which connections to the former app are kept when a new build takes its place: enough for clients
 * that are busy, too short for the browser of a developer who wants to see what changed.
 */
const developerIdle = 250;

const endings = ['SIGINT', 'SIGTERM'] as const;
const onTerminal = [0, 1, 2].some((fd) => isatty(fd));

/**
 * Runs the app in worker processes, replaces those that die, and all of them on SIGHUP. Ends when it is asked to, by
 * SIGINT (Ctrl-C) or SIGTERM, or when its terminal or whoever started it is gone: requests under way are finished
 * first. A second Ctrl-C ends it at once.
 *
 * @returns the exit code: 0 after a drain, 1 where it was cut short
 * @throws the error that the first start failed with
 */
export async function supervise(options: SuperviseOptions): Promise<number> {
  const { file, log, early } = options;
  const content = await prepare(file, log);
  // Where that was asked for, whatever the app is: the process that is to run it says what it is not.
  const program = options.args !== undefined || isProgram(content.roles);
  if (program || !content.listens) early?.drop();
  if (program) return await superviseProgram(content, options);
  const ports: Ports = {
    http: content.listens ? (early?.takePort(file.http) ?? (await bindPort(file.http))) : undefined,
    health: undefined,
  };
  try {
    ports.health = file.http.health && (await bindPort(file.http.health));
    return await superviseOn(ports, releaseOn(ports, content), options);
  } finally {
    closePorts(ports);
    log.flush();
  }
}

/** Where it answers, as bound: the app may not ask there itself, so its workers must know also a port that the system picked. */
interface Ports {
  readonly http: Port | undefined;
  health: Port | undefined;
}

function closePorts({ http, health }: Ports): void {
  http?.close();
  health?.close();
}

async function superviseOn(
  ports: Ports,
  first: Release,
  { file, log, read, watch, early, onReady }: SuperviseOptions,
): Promise<number> {
  const metrics = createFleetMetrics();
  const fleet = createFleet(first, log, (of, wishes) => startWorker(of, wishes, early), metrics.hear);
  let release = first;
  let serving = false;
  let stopping = false;
  let reloading = false;
  let again = false;
  const { promise: over, resolve: finish } = Promise.withResolvers<number>();

  function stop(signal?: NodeJS.Signals): void {
    // Service managers send SIGTERM to every process of a group, and some of these pass it on.
    if (stopping && signal !== 'SIGINT') return;
    if (stopping) {
      fleet.kill();
      return finish(1);
    }
    stopping = true;
    ports.http?.close();
    // Workers that serve nobody have nothing to finish.
    if (!serving) {
      fleet.kill();
      return finish(0);
    }
    log.host('info', 'stopping: requests under way are finished first');
    log.flush();
    void fleet.stop(Math.min(longestDrain, release.file.limits.deadline)).then(() => finish(0));
  }

  function hangUp(): void {
    if (onTerminal && terminalIsGone()) stop('SIGHUP');
    else void reload('asked by SIGHUP', longestIdle);
  }

  /** Reads everything again and replaces the workers; where that fails they stay. */
  async function reload(why: string, idle: number): Promise<void> {
    // While it starts, too: what has changed may have been read before.
    again = reloading || !serving;
    if (again || stopping) return;
    reloading = true;
    log.host('info', `${why}: replacing the workers`);
    try {
      const changed = await read();
      if (ports.http !== undefined && ports.http.fd === undefined)
        throw new Error('this system cannot share a port between processes: restart it');
      sayWhatStays(file, changed, log);
      const content = await prepare(changed, log);
      if (content.listens && ports.http === undefined)
        throw new Error('the app answers HTTP now, and has no address from its start: restart it');
      const next = releaseOn(ports, content);
      const failure = await fleet.roll(next, idle);
      if (failure !== undefined) throw failure;
      release = next;
      if (!stopping) log.host('info', 'the workers are replaced');
    } catch (error) {
      const { message } = error as Error;
      if (!stopping) log.host('error', `nothing was replaced, the app goes on as it was: ${message}`);
    }
    reloading = false;
    if (again) await reload(why, idle);
  }

  const signalled = (signal: NodeJS.Signals) => stop(signal);
  const orphaned = () => stop();
  for (const signal of endings) process.on(signal, signalled);
  process.on('SIGHUP', hangUp);
  const unfollow = followStarter(orphaned);
  let health: { readonly url: string; close(): void } | undefined;
  let unwatch: (() => void) | undefined;
  try {
    const wanted = () => release.file.limits.workers;
    health =
      ports.health &&
      (await openHealth(ports.health, {
        health: async () =>
          summarizeHealth((await fleet.ask('health')) as WorkerHealth[], wanted(), stopping),
        readiness: async () =>
          summarizeReadiness((await fleet.ask('readiness')) as BackendState[][], stopping),
        metrics: async () =>
          release.file.telemetry.metrics
            ? await metrics.print((await fleet.ask('metrics')) as WorkerMetrics[], {
                wanted: wanted(),
                ...fleet.counts(),
              })
            : undefined,
      }));
    // It may have been asked to end meanwhile.
    const ready = await (stopping ? over : Promise.race([fleet.start(), over]));
    if (typeof ready === 'number') return ready;
    serving = true;
    onReady(file, ready, health?.url);
    if (again) hangUp();
    if (watch) {
      unwatch = watchApp({
        path: () => release.file.app.component,
        current: () => release.component,
        onChange: () => void reload(`${release.file.app.component} has changed`, developerIdle),
      });
    }
    return await over;
  } finally {
    unwatch?.();
    health?.close();
    hearNoMore(signalled, hangUp);
    unfollow();
  }
}

/**
 * A signal that comes in the last moments, such as a SIGTERM that is passed on to this process, shall not make an end by a
 * signal of an end that is told by its exit code. Ctrl-C still ends it at once, should anything keep it.
 */
function hearNoMore(signalled: NodeJS.SignalsListener, hangUp: () => void): void {
  process.on('SIGTERM', () => undefined).on('SIGINT', () => process.exit(1));
  for (const signal of endings) process.off(signal, signalled);
  process.off('SIGHUP', hangUp);
}

/**
 * Calls back once whoever started this process is gone, where that one said that it wants to be followed: see
 * bin/slight.js. Gives what ends this.
 */
function followStarter(gone: () => void): () => void {
  // It went while this process was loading: that is not told again. Undefined where nobody is followed.
  if (process.connected === false) gone();
  else if (process.connected) process.once('disconnect', gone);
  return () => process.off('disconnect', gone);
}

/**
 * Runs the app as a program. Ctrl-C, SIGTERM and the end of its terminal end it; a second Ctrl-C ends it at once.
 * @returns its exit code
 */
async function superviseProgram(
  content: Content,
  { file, log, args = [], onCommand }: SuperviseOptions,
): Promise<number> {
  const { superviseCommand } = await import('./command-supervisor.ts');
  const stop = new AbortController();
  const counted = createFleetMetrics();
  let current: WorkerProcess | undefined;
  let starts = 0;
  const signalled = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted && signal === 'SIGINT') current?.kill();
    stop.abort(signal);
  };
  const hangUp = () => {
    if (onTerminal && terminalIsGone()) stop.abort('SIGHUP');
  };
  const orphaned = () => stop.abort('SIGTERM');
  for (const signal of endings) process.on(signal, signalled);
  process.on('SIGHUP', hangUp);
  const unfollow = followStarter(orphaned);
  const ask = async <Answer>(question: Question) =>
    current?.serving ? [(await current.ask(question, 1_000)) as Answer] : [];
  const port = file.http.health && (await bindPort(file.http.health));
  const health =
    port &&
    (await openHealth(port, {
      health: async () => summarizeHealth(await ask<WorkerHealth>('health'), 1, stop.signal.aborted),
      readiness: async () => summarizeReadiness(await ask<BackendState[]>('readiness'), stop.signal.aborted),
      metrics: async () =>
        file.telemetry.metrics
          ? await counted.print(await ask<WorkerMetrics>('metrics'), {
              wanted: 1,
              serving: current?.serving ? 1 : 0,
              restarts: Math.max(0, starts - 1),
            })
          : undefined,
    }));
  const onWorker = (worker: WorkerProcess) => {
    current = worker;
    starts++;
  };
  try {
    const launch = { ...releaseOn({ http: undefined, health: port }, content), command: args };
    const hooks = { onStart: onCommand, onWorker, onCounted: counted.hear };
    return await superviseCommand(launch, { log, ...hooks, stop: stop.signal });
  } finally {
    health?.close();
    log.flush();
    hearNoMore(signalled, hangUp);
    unfollow();
  }
}

/** Loaded only where it is asked for: `node:http` alone would take a third of the time in which this process starts. */
async function openHealth({ address, socket }: Port, pages: HealthPages) {
  const { startHealth } = await import('../../triggers/health.ts');
  return await startHealth({ ...address, socket }, pages);
}

type Content = Omit<Release, 'fd'> & { readonly roles: Roles };

/**
 * Reads and makes what the workers need; databases on this machine and the cache are there when they start.
 * @throws {StartError} @throws {CapabilityError}
 */
async function prepare(written: Slightfile, log: Log): Promise<Content> {
  await checkBinds(written);
  if (hasTriggers(written)) checkReferences(written);
  const file = await grantSecrets(written);
  const volatile = await findVolatile(file);
  const component = await readComponent(file.app.component);
  const permissions = await findPermissions(file, readUsed(component));
  const roles = readRoles(component);
  await Promise.all([prepareStorage(file), prepareCache(cacheFolder())]);
  const traces = await findTraces(file, (problem) => log.host('warn', problem));
  return { file, component, roles, listens: roles.http, volatile, permissions, traces };
}

function releaseOn({ http, health }: Ports, { file, roles: _roles, ...content }: Content): Release {
  const where = { ...file.http, ...http?.address, health: health?.address };
  return { ...content, file: { ...file, http: where }, fd: http?.fd };
}

function sayWhatStays({ http: first }: Slightfile, { http: changed }: Slightfile, log: Log): void {
  const say = (what: string, from: Address | undefined, to: Address | undefined) => {
    const [before, after] = [from, to].map((each) => (each === undefined ? 'none' : printAddress(each)));
    if (before !== after) log.host('warn', `the ${what} stays ${before} until a restart, not ${after}`);
  };
  say('address', first, changed);
  say('health address', first.health, changed.health);
}

/** Whether the terminal that this process belongs to was closed: that is what SIGHUP means then. */
function terminalIsGone(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return false;
  } catch {
    return true;
  }
}
