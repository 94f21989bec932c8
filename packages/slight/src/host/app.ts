import { isTrap } from '@spiderlightning/component';
import type { Component, Instance } from '@spiderlightning/component';
import { wasiImports } from '@spiderlightning/wasi';
import { handleRequest, spiderlightningImports } from '../dialects/spiderlightning/index.ts';
import type { LogSink } from '../dialects/spiderlightning/index.ts';
import type { Slightfile } from '../slightfile/model.ts';
import type { HttpRequest, HttpResponse } from '../triggers/http-message.ts';
import { bindCapabilities } from './bind.ts';
import type { BindingRow } from './bind.ts';
import { describeCause, InstanceStartError, toHttpFailure } from './failure.ts';
import { checkGrants } from './grants.ts';
import { isCompatible } from './import-name.ts';
import type { Log } from './log.ts';
import { createPool, PoolBusyError } from './pool.ts';
import type { PoolCounts } from './pool.ts';
import { placeTranslator } from './source-map.ts';
import { StartError } from './start-error.ts';

/** An app that is bound and ready to be called. */
export interface App {
  readonly rows: readonly BindingRow[];
  /** @throws {HttpFailure} */
  handle(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
  counts(): PoolCounts;
  /** Backends that do not answer yet, in an app that started degraded. */
  failures(): string[];
  close(): Promise<void>;
}

/** One instance with what is its own: it serves a single request. */
interface Guest {
  readonly instance: Instance;
  /** Which request it serves, for the log. */
  readonly context: { id?: string; lines: number };
  readonly system: Disposable | undefined;
}

/** Instances made in advance, so that a request seldom waits for one. */
const spares = 4;
/** Most lines that one request may write into the log: a guest that floods it must not drown the others. */
const mostLines = 1_000;
/** Milliseconds of computing that making an instance may take. */
const startBudget = 10_000;

/**
 * Binds a component to what its slightfile grants.
 * @throws {StartError} where imports were not granted, backends do not answer or the component cannot be instantiated
 */
export async function openApp(component: Component, file: Slightfile, log: Log): Promise<App> {
  const { limits } = file;
  const system = wasiImports();
  const names = Object.keys(system);
  system[Symbol.dispose]();
  const used = checkGrants(component, file, names);
  const usesSystem = component.imports.some(({ name }) => names.some((each) => isCompatible(each, name)));
  const bindings = await bindCapabilities(file, used, log);
  const translate = placeTranslator(file.app.component);

  async function create(): Promise<Guest> {
    const context: Guest['context'] = { lines: 0 };
    const say: LogSink = (level, message, part, fields) => {
      if (++context.lines > mostLines) return;
      const { id } = context;
      log.guest(level, translate(message), { ...(id !== undefined && { id }), context: part, fields });
      if (context.lines === mostLines)
        log.guest('warn', `(only ${mostLines} lines for each request)`, context);
    };
    const print = (line: string) => say('info', line, '', []);
    // Small guests do without; making it would cost more than the rest of their instance.
    const own = usesSystem ? wasiImports({ stdout: print, stderr: print }) : undefined;
    const imports = { ...own, ...spiderlightningImports({ log: say, keyvalue: bindings.keyvalue }) };
    try {
      const instance = await component.instantiate(imports, { memory: limits.memory, cpu: startBudget });
      return { instance, context, system: own };
    } catch (error) {
      own?.[Symbol.dispose]();
      throw new InstanceStartError('the app could not be instantiated', { cause: error });
    }
  }

  function dispose({ instance, system: own }: Guest): void {
    instance.dispose();
    own?.[Symbol.dispose]();
  }

  const pool = createPool<Guest>({
    create,
    dispose,
    limit: limits.instances,
    queue: limits.queue,
    ready: spares,
    onSpareFailed: (error) => log.host('error', `no instance could be made in advance: ${describe(error)}`),
  });
  try {
    await pool.warm();
  } catch (error) {
    await bindings.close();
    if (!(error instanceof InstanceStartError)) throw error;
    throw new StartError(`${file.app.component} cannot be started: ${describe(error)}`, { cause: error });
  }

  async function handle(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const until = performance.now() + limits.deadline;
    const guest = await pool.acquire(until, signal);
    guest.context.id = request.id;
    try {
      const deadline = until - performance.now();
      // What has waited for nearly all of its time cannot be finished in the rest.
      if (deadline < limits.deadline / 20)
        throw new PoolBusyError('every instance was busy until the deadline');
      return await handleRequest(guest.instance, request, { deadline, cpu: limits.cpu, signal });
    } finally {
      // The answer leaves first; what the guest held is let go after it.
      setImmediate(() => pool.release(guest));
    }
  }

  return {
    rows: bindings.rows,
    async handle(request, signal) {
      try {
        return await handle(request, signal);
      } catch (error) {
        if (signal.aborted && (error === signal.reason || (isTrap(error) && error.trap === 'cancelled'))) {
          throw signal.reason;
        }
        throw toHttpFailure(error, limits);
      }
    },
    counts: pool.counts,
    failures: bindings.failures,
    async close() {
      pool.close();
      await bindings.close();
    },
  };
}

function describe(error: unknown): string {
  return describeCause(error instanceof InstanceStartError ? error.cause : error);
}
