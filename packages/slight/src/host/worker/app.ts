import { isTrap } from '@spiderlightning/component';
import type { Component, MaybePromise } from '@spiderlightning/component';
import { wasiImports } from '@spiderlightning/wasi';
import type { CapabilityName, Opened } from '../../capabilities/core/capability.ts';
import { httpBody } from '../../dialects/spiderlightning/index.ts';
import type { Slightfile } from '../../slightfile/model.ts';
import { createLocalRelay } from '../../triggers/held/command.ts';
import type { Relay } from '../../triggers/held/command.ts';
import type { HeldHandler } from '../../triggers/held/event.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { HttpRequest, HttpResponse } from '../../triggers/http-message.ts';
import { bindCapabilities } from '../bind.ts';
import type { BindingRow } from '../bind.ts';
import { createEvents } from './events.ts';
import type { RunEvent } from './events.ts';
import { describeCause, describeNoStart, InstanceStartError, nameFailure, toHttpFailure } from './failure.ts';
import { checkExports, findHandle } from '../exports.ts';
import { checkGrants } from '../grants.ts';
import { openGuests } from './guests.ts';
import type { Guest } from './guests.ts';
import { isCompatible } from '../import-name.ts';
import { openHeldHandler, openStream } from './lease.ts';
import type { Log } from '../log/log.ts';
import { openBound } from '../openers.ts';
import { placeTranslator } from './source-map.ts';
import { createPool, PoolBusyError } from './pool.ts';
import type { InstanceCounts } from '../health-summary.ts';
import { createProber } from '../readiness.ts';
import type { BackendState } from '../readiness.ts';
import { useSmallStacks } from './stack-size.ts';
import { StartError } from '../log/start-error.ts';

/** An app that is bound and ready to be called. */
export interface App {
  readonly rows: readonly BindingRow[];
  /** What of it is of no use as the slightfile stands. */
  readonly hints: readonly string[];
  /** @throws {HttpFailure} */
  handle(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
  /** Whether it reads bodies as they come. */
  readonly streamsBodies: boolean;
  /** Tells it of connections that are held for it, where it wants to know. */
  readonly held: HeldHandler | undefined;
  /** Calls the app for something that is no request. */
  readonly run: RunEvent;
  /** What the slightfile binds, for the host's own use. @throws {CapabilityError} `permission-denied` */
  open(capability: CapabilityName, name: string): MaybePromise<Opened>;
  counts(): InstanceCounts;
  /** Backends that do not answer yet, in an app that started degraded. */
  failures(): string[];
  /** Whether each backend answers now. */
  probe(): Promise<BackendState[]>;
  close(): Promise<void>;
}

/** Instances made in advance, so that a request seldom waits for one. */
const spares = 4;
/** Milliseconds in which the first of them is alone: whoever waits for the app to start has it answered first. */
const lead = 100;

/**
 * Binds a component to what its slightfile grants.
 * @param relay - takes what the app says on connections
 * @throws {StartError} where imports were not granted, backends do not answer or the component cannot be instantiated
 */
export async function openApp(
  component: Component,
  file: Slightfile,
  log: Log,
  relay: Pick<Relay, 'publish'> = createLocalRelay(),
  telemetry?: Telemetry,
): Promise<App> {
  const { limits } = file;
  const system = wasiImports();
  const names = Object.keys(system);
  system[Symbol.dispose]();
  const exported = component.exports.map(({ name }) => name);
  const hints = checkExports(exported, file);
  const ask = findHandle(exported);
  const used = checkGrants(component, file, names);
  const bindings = await bindCapabilities(file, used, log, telemetry);
  const sink = { message: limits.message, publish: relay.publish };
  const guests = openGuests(component, file, bindings, log, names, sink, telemetry);
  const pool = createPool<Guest>({
    ...guests,
    limit: limits.instances,
    queue: limits.queue,
    ready: spares,
    lead,
    onSpareFailed: (error) => log.host('error', `no instance could be made in advance: ${describe(error)}`),
  });
  useSmallStacks();
  try {
    await pool.warm();
  } catch (error) {
    await bindings.close();
    if (!(error instanceof InstanceStartError)) throw error;
    throw new StartError(describeNoStart(file.app.component, describe(error)), { cause: error });
  }

  async function handle(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const until = performance.now() + limits.deadline;
    const guest = await pool.acquire(until, signal);
    guest.context.id = request.id;
    guest.context.watch = request.watch;
    guest.context.body = request.body instanceof Uint8Array ? undefined : request.body;
    // The answer leaves first; then the guest is put back, and what it held is let go.
    const release = () => process.nextTick(() => pool.release(guest));
    let streaming = false;
    try {
      const deadline = until - performance.now();
      // What has waited for nearly all of its time cannot be finished in the rest.
      if (deadline < limits.deadline / 20)
        throw new PoolBusyError(
          'every instance was busy until the deadline (instances and deadline below [limits])',
        );
      const response = await ask(guest.instance, request, { deadline, cpu: limits.cpu, signal });
      const { body } = response;
      if (typeof body === 'string' || body instanceof Uint8Array || body.kind !== 'next')
        return { ...response, body };
      const made = openStream(guest, exported, limits, signal, release);
      streaming = true;
      return { ...response, body: made };
    } finally {
      if (!streaming) release();
    }
  }

  return {
    rows: bindings.rows,
    hints,
    streamsBodies: component.imports.some(({ name }) => isCompatible(httpBody, name)),
    held: openHeldHandler(pool, exported, limits, telemetry),
    async handle(request, signal) {
      try {
        return await handle(request, signal);
      } catch (error) {
        if (signal.aborted && (error === signal.reason || (isTrap(error) && error.trap === 'cancelled'))) {
          throw signal.reason;
        }
        request.watch?.fail(nameFailure(error));
        throw toHttpFailure(error, limits);
      }
    },
    run: createEvents(pool, limits, log, telemetry, placeTranslator(file.app.component)),
    open: (capability, name) => openBound(bindings.openers, file, capability, name),
    counts: pool.counts,
    failures: bindings.failures,
    probe: createProber(bindings.probes),
    async close() {
      pool.close();
      await bindings.close();
    },
  };
}

function describe(error: unknown): string {
  return describeCause(error instanceof InstanceStartError ? error.cause : error);
}
