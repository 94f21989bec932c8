import { dirname, join } from 'node:path';
import { CapabilityError } from '../capabilities/core/error.ts';
import { redactUrl } from '../capabilities/core/redact.ts';
import { findKeyValueBackend, openKeyValue } from '../capabilities/core/registry.ts';
import type { KeyValue } from '../capabilities/keyvalue/contract.ts';
import type { Capability, KeyValueStores } from '../dialects/spiderlightning/index.ts';
import { defaultLimits, noTelemetry } from '../slightfile/model.ts';
import type { Bind, Slightfile } from '../slightfile/model.ts';
import type { Log } from './log.ts';
import type { Probe } from './readiness.ts';
import { StartError } from './start-error.ts';
import { namedStores, reopeningStore, storesOnDemand } from './stores.ts';

/** One line of the table that is printed at the start. */
export interface BindingRow {
  readonly capability: string;
  readonly name: string;
  /** Without credentials. */
  readonly where: string;
}

/** Everything that the app was granted, opened. */
export interface Bindings {
  readonly keyvalue: KeyValueStores | undefined;
  readonly rows: readonly BindingRow[];
  /** What does not answer yet, in an app that starts degraded. */
  failures(): string[];
  /** What is open, to be asked whether it answers. */
  probes(): Probe[];
  close(): Promise<void>;
}

/** Milliseconds within which every backend must answer at the start. */
const patience = 3_000;
/** Most milliseconds that one operation on a backend may take; less where the app's deadline is shorter. */
const longestOperation = 5_000;

/** What runs without a slightfile: storage embedded, nothing else granted. */
export function withoutSlightfile(component: string): Slightfile {
  return {
    path: undefined,
    target: undefined,
    app: { component, start: 'ready', reuse: 'clean' },
    keyvalue: undefined,
    http: { host: '127.0.0.1', port: 3000, health: undefined, forwarded: false, origins: [] },
    limits: defaultLimits,
    log: { format: undefined, level: undefined },
    telemetry: noTelemetry,
  };
}

/** The app's own folder: beside its slightfile, or in the working folder. */
export function dataFolder(file: Slightfile): string {
  return join(file.path === undefined ? process.cwd() : dirname(file.path), '.slight');
}

/**
 * Creates the databases on this machine, so that workers which start at the same time find them made.
 * @throws {CapabilityError}
 */
export async function prepareStorage(file: Slightfile): Promise<void> {
  for (const bind of Object.values(file.keyvalue ?? {})) {
    const { scheme } = await findKeyValueBackend(bind);
    if (scheme !== 'sqlite') continue;
    const store = await openKeyValue(bind, surroundings(file));
    await store.close();
  }
}

/**
 * Opens what the app uses and was granted, and waits until all of it answers.
 * @throws {StartError} where a backend refuses or does not answer within 3 seconds, unless the app starts degraded
 */
export async function bindCapabilities(
  file: Slightfile,
  used: ReadonlySet<Capability>,
  log: Log,
): Promise<Bindings> {
  const around = surroundings(file);
  if (file.path === undefined) {
    if (!used.has('keyvalue'))
      return { keyvalue: undefined, rows: [], failures: () => [], probes: () => [], close: async () => {} };
    const stores = storesOnDemand((name) => openKeyValue({ name, bind: 'sqlite', config: {} }, around));
    return {
      keyvalue: stores,
      rows: [{ capability: 'keyvalue', name: '(any name)', where: `sqlite in ${around.dataDir}` }],
      failures: () => [],
      probes: () =>
        [...stores.opened].map(([name, store]) => ({
          capability: 'keyvalue',
          name,
          where: 'sqlite',
          ping: () => store.ping(),
        })),
      close: () => closeAll(stores.opened.values()),
    };
  }
  const binds = Object.values(file.keyvalue ?? {});
  const opened = await Promise.allSettled(binds.map((bind) => openAndPing(bind, around)));
  const stores = new Map<string, KeyValue>();
  const standIns: { readonly failure: CapabilityError | undefined }[] = [];
  const problems: string[] = [];
  for (const [index, result] of opened.entries()) {
    const bind = binds[index]!;
    if (result.status === 'fulfilled') stores.set(bind.name, result.value);
    else if (
      result.reason instanceof CapabilityError &&
      mayComeLater(result.reason) &&
      file.app.start === 'degraded'
    ) {
      const standIn = reopeningStore(() => openAndPing(bind, around), result.reason);
      stores.set(bind.name, standIn);
      standIns.push(standIn);
      log.host('warn', `started without ${result.reason.message}`);
    } else problems.push(describeFailure(bind, file, result.reason));
  }
  if (problems.length > 0) {
    await closeAll(stores.values());
    throw new StartError(problems.join('\n\n'));
  }
  const rows = binds.map((bind) => ({
    capability: 'keyvalue',
    name: bind.name,
    where: redactUrl(bind.bind),
  }));
  return {
    keyvalue: file.keyvalue && namedStores(stores, file.path),
    rows,
    probes: () => rows.map((row) => ({ ...row, ping: () => stores.get(row.name)!.ping() })),
    failures: () => standIns.flatMap(({ failure }) => (failure === undefined ? [] : [failure.message])),
    close: () => closeAll(stores.values()),
  };
}

function surroundings(file: Slightfile): { dataDir: string; timeout: number } {
  // The app must have time left to answer after an operation has failed.
  return {
    dataDir: dataFolder(file),
    timeout: Math.min(longestOperation, Math.ceil(file.limits.deadline / 2)),
  };
}

async function openAndPing(bind: Bind, around: { dataDir: string; timeout: number }): Promise<KeyValue> {
  let late = false;
  const ready = (async () => {
    const store = await openKeyValue(bind, around);
    try {
      await store.ping();
      if (!late) return store;
    } catch (error) {
      await store.close();
      throw error;
    }
    await store.close();
    throw tooLate(bind);
  })();
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      late = true;
      reject(tooLate(bind));
    }, patience);
  });
  try {
    return await Promise.race([ready, end]);
  } finally {
    clearTimeout(timer);
    if (late) ready.catch(() => undefined);
  }
}

function tooLate(bind: Bind): CapabilityError {
  const where = `keyvalue "${bind.name}" (${redactUrl(bind.bind)})`;
  return new CapabilityError('unavailable', `${where}: no answer within ${patience / 1000} seconds`);
}

/** Whether waiting helps: a mistake in the slightfile stays one. */
function mayComeLater(error: CapabilityError): boolean {
  return error.code === 'unavailable' || error.code === 'timeout' || error.code === 'unauthenticated';
}

function describeFailure(bind: Bind, file: Slightfile, reason: unknown): string {
  if (!(reason instanceof CapabilityError)) throw reason;
  const place = bind.position ? `${file.path}:${bind.position.line}:${bind.position.column}: ` : '';
  const fix =
    reason.code === 'unauthenticated'
      ? '\n  fix: check the user and the password of this bind'
      : mayComeLater(reason)
        ? '\n  fix: start that server or correct its address; with start = "degraded" below [app] the app starts without it'
        : '';
  return `${place}${reason.message}${fix}`;
}

async function closeAll(stores: Iterable<KeyValue>): Promise<void> {
  await Promise.allSettled([...stores].map(async (store) => store.close()));
}
