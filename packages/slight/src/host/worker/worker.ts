import { randomUUID } from 'node:crypto';
import { compile, ComponentError } from '@spiderlightning/component';
import type { Component } from '@spiderlightning/component';
import { hasTriggers } from '../../slightfile/model.ts';
import type { Messaging } from '../../capabilities/messaging/contract.ts';
import type { Slightfile } from '../../slightfile/model.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { createLocalRelay } from '../../triggers/held/command.ts';
import { createConnections } from '../../triggers/held/connections.ts';
import type { HeldConnections } from '../../triggers/held/connections.ts';
import type { HttpTrigger } from '../../triggers/http.ts';
import { watchWear } from './address-space.ts';
import { openApp } from './app.ts';
import type { App } from './app.ts';
import type { WorkerMetrics } from '../fleet-metrics.ts';
import type { WorkerHealth } from '../health-summary.ts';
import { cacheFolder } from '../folders.ts';
import { openLog, readLogSettings } from '../log/log.ts';
import type { FromWorker, Question, ToWorker } from '../message.ts';
import { openModuleCache } from '../module-cache.ts';
import { boundConnections } from './open-files.ts';
import { unpackFile } from '../packed-file.ts';
import { createWorkerRelay } from '../relay.ts';
import { createSpanningRelay } from './spanning-relay.ts';
import type { SpanningRelay } from './spanning-relay.ts';
import { launchBySupervisor } from '../runner-launch.ts';
import { keepCompiled, useSmallStacks } from './stack-size.ts';
import { StartError } from '../log/start-error.ts';
import { openTelemetry } from '../telemetry.ts';
import type { Triggers } from './triggers.ts';

/** The process that runs the guest. It does what its supervisor says and ends when the supervisor is gone. */

/** Milliseconds for the requests under way where no supervisor says how long they may take. */
const unsupervised = 10_000;
/** Milliseconds beyond these in which the rest must be done. */
const grace = 3_000;

/** Milliseconds between signs of life on held connections: proxies end connections on which nothing moves for a minute. */
const heartbeat = 20_000;

/** Milliseconds in which the last spans must have left. */
const longestFarewell = 1_500;

/** Milliseconds after which most has run that the next start needs. */
const settled = 2_000;

type Start = Extract<ToWorker, { type: 'start' }>;

const id = randomUUID();
let log = openLog(readLogSettings(process.env));
const relay = createWorkerRelay((message) => {
  if (process.connected) process.send!(message, () => undefined);
});
let app: Pick<App, 'failures' | 'counts' | 'probe'> | undefined;
let triggers: Triggers | undefined;
let metrics: (() => WorkerMetrics) | undefined;
let close: ((bound: number, idle: number) => Promise<void>) | undefined;

// Ctrl-C reaches the whole process group, as a terminal's end does; the supervisor says what follows from it.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('SIGTERM', () => void stop(unsupervised, 0));
process.on('disconnect', () => {
  relay.end();
  void stop(unsupervised, 0);
  // Nobody is left who would kill it.
  setTimeout(() => process.exit(1), unsupervised + grace).unref();
});
process.on('uncaughtException', (error) => {
  log.host('critical', `the worker fails: ${error.message}`);
  if (process.env.SLIGHT_DEBUG === '1') log.host('critical', String(error.stack));
  process.exit(1);
});
const launched = launchBySupervisor((wish) => tell(wish));
process.on('message', (message: ToWorker, handle: unknown) => {
  switch (message.type) {
    case 'start':
      return void start(message);
    case 'drain':
      return void stop(message.bound, message.idle);
    case 'relay':
      return relay.deliver(message.command, message.own);
    case 'taken':
      return relay.taken(message.bytes);
    case 'launched':
      return launched(message, handle);
    case 'lead':
      return triggers?.lead(message.since);
    case 'ask':
      return void answer(message.question).then((given) =>
        tell({ type: 'answer', id: message.id, answer: given }),
      );
  }
});

async function start({
  component: bytes,
  fd,
  listens,
  traces,
  command,
  host,
  ...packed
}: Start): Promise<void> {
  const file = unpackFile(packed);
  log = openLog(file.log);
  try {
    const telemetry = await openTelemetry(file, traces, log);
    const component = await load(file.app.component, bytes, file.app.reuse === 'clean');
    if (command !== undefined) return await startProgram(component, file, command, host, telemetry);
    const spanning = createSpanningRelay({ local: relay, host, log });
    // Before there are guests: what is loaded once their stacks are small is compiled anew.
    if (listens) await import('../../triggers/http.ts');
    const opened = await openApp(component, file, log, spanning, telemetry);
    app = opened;
    const endWatch = watchWear(file.limits.instances, (reason) => tell({ type: 'worn', reason }));
    const server = listens ? await startHttp(opened, file, spanning, fd, telemetry) : undefined;
    await span(spanning, opened, file, listens);
    if (hasTriggers(file)) {
      const { openTriggers } = await import('./triggers.ts');
      triggers = await openTriggers({ app: opened, file, log, telemetry }, listens);
    }
    close = async (bound, idle) => {
      endWatch();
      await Promise.all([endTriggers(bound), server?.http.close(bound, idle)]);
      await spanning.leave();
      await opened.close();
      await telemetry?.close(longestFarewell);
      await tellCounted();
    };
    if (file.telemetry.metrics && telemetry) metrics = () => readMetrics(telemetry, opened, server);
    tell({ type: 'ready', url: server?.http.url, rows: opened.rows, hints: opened.hints });
    // Not at the end: a process that is killed would leave nothing to the next one. But once it has answered, so that the
    // next one finds what that takes, too. It is written once.
    setTimeout(keepCompiled, settled).unref();
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    tell({ type: 'failed', name, message, ...(stack !== undefined && { stack }) }, () => process.exit(1));
  }
}

async function startProgram(
  component: Component,
  file: Slightfile,
  args: readonly string[],
  host: string,
  telemetry: Telemetry | undefined,
): Promise<void> {
  const { startCommand } = await import('./command-worker.ts');
  useSmallStacks();
  // It holds none itself, nor does any other process of this host.
  const spanning = createSpanningRelay({ local: createLocalRelay(), host, log });
  const join = (opened: Pick<App, 'open'>) => span(spanning, opened, file, false);
  const running = await startCommand(component, file, args, log, telemetry, spanning, join);
  const idle = { ready: 0, starting: 0, busy: 1, waiting: 0 };
  app = { failures: running.failures, probe: running.probe, counts: () => idle };
  close = async () => {
    await running.close();
    await telemetry?.close(longestFarewell);
    await tellCounted();
  };
  if (file.telemetry.metrics && telemetry) metrics = () => readMetrics(telemetry, app!, undefined);
  tell({ type: 'ready', url: undefined, rows: running.rows });
  keepCompiled();
  const code = await running.finished;
  tell({ type: 'finished', code }, () => void stop(0, 0));
}

/** Also where there are none: the next worker may run an app that has some. */
async function endTriggers(bound: number): Promise<void> {
  await triggers?.close(bound);
  tell({ type: 'resigned' });
}

/** Before the process ends: what it counted is counted on. */
async function tellCounted(): Promise<void> {
  const last = metrics?.();
  if (last !== undefined) await new Promise<void>((sent) => tell({ type: 'counted', last }, sent));
}

interface Server {
  readonly http: HttpTrigger;
  readonly held: HeldConnections;
}

async function startHttp(
  opened: App,
  file: Slightfile,
  spanning: SpanningRelay,
  fd: number | undefined,
  telemetry: Telemetry | undefined,
): Promise<Server> {
  const { startHttpTrigger } = await import('../../triggers/http.ts');
  const bounds = boundConnections(file.limits.connections);
  const held = createConnections({
    most: bounds.held,
    message: file.limits.message,
    heartbeat,
    relay: spanning,
    handler: opened.held,
    events: Math.ceil(file.limits.instances / 2),
    log,
  });
  const http = await startHttpTrigger({
    address: { ...file.http, fd },
    connections: bounds.all,
    forwarded: file.http.forwarded,
    body: file.limits.body,
    bodyTimeout: file.limits.deadline,
    log,
    watch: telemetry?.watch,
    streamBodies: opened.streamsBodies,
    held,
    origins: file.http.origins,
    handle: opened.handle,
  });
  return { http, held };
}

/** Has what the app says on connections reach those of other hosts, where the slightfile says by way of what. */
async function span(
  spanning: SpanningRelay,
  opened: Pick<App, 'open'>,
  file: Slightfile,
  listens: boolean,
): Promise<void> {
  const { channels } = file.http;
  if (channels === undefined) return;
  try {
    await spanning.join((await opened.open('messaging', channels)) as Messaging, listens);
  } catch (error) {
    const place = `${file.path}: [http] channels = ${JSON.stringify(channels)}`;
    const fix = `name a line of [messaging] whose place all hosts share: ${channels} = "redis://127.0.0.1:6379"`;
    throw new StartError(`${place}: ${(error as Error).message}\n  fix: ${fix}`, { cause: error });
  }
}

async function answer(question: Question): Promise<unknown> {
  switch (question) {
    case 'health':
      return app && ({ failures: app.failures(), instances: app.counts() } satisfies WorkerHealth);
    case 'readiness':
      return await app?.probe();
    case 'metrics':
      return metrics?.();
  }
}

function readMetrics(
  telemetry: Telemetry,
  { counts }: Pick<App, 'counts'>,
  server: Server | undefined,
): WorkerMetrics {
  const { waiting, ...instances } = counts();
  const active = server?.http.active ?? 0;
  const held = server?.held.count ?? 0;
  return { id, pid: process.pid, families: telemetry.collect({ instances, waiting, active, held }) };
}

async function load(path: string, bytes: Uint8Array, restorable: boolean): Promise<Component> {
  try {
    return await compile(bytes, { cache: openModuleCache(cacheFolder()), restorable });
  } catch (error) {
    if (error instanceof ComponentError) throw new StartError(describeInvalid(path, error), { cause: error });
    throw error;
  }
}

const fixes: { readonly [Code in ComponentError['code']]?: string } = {
  'not-wasm': 'name the .wasm file that slight build or your compiler wrote',
  'core-module': 'make a component of it: slight build for TypeScript, wasm-tools component new for others',
  malformed: 'the file may be cut off or damaged: build it again',
};

/** For what is named in place of a component most often. */
function fixForSource(path: string): string | undefined {
  if (path.endsWith('.toml')) return 'a slightfile is named with -c: slight run -c FILE';
  if (/\.[cm]?[jt]s$/.test(path))
    return 'build it first (slight build FILE), or have it built and run after each change: slight dev FILE';
  return undefined;
}

function describeInvalid(path: string, { code, message }: ComponentError): string {
  const fix = (code === 'not-wasm' && fixForSource(path)) || fixes[code];
  return `${path} cannot be run: ${message}${fix === undefined ? '' : `\n  fix: ${fix}`}`;
}

/** Ends this process with 0 once everything under way is finished or given up. */
async function stop(bound: number, idle: number): Promise<void> {
  await close?.(bound, idle);
  log.flush();
  process.exit(0);
}

function tell(message: FromWorker, sent: () => void = () => undefined): void {
  log.flush();
  if (process.connected) process.send!(message, undefined, undefined, sent);
  else sent();
}
