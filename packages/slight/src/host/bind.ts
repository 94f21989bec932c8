import { CapabilityError } from '../capabilities/core/error.ts';
import type { CapabilityName, Opened, Opener, Operations } from '../capabilities/core/capability.ts';
import { describeBind, findBackend, openCapability } from '../capabilities/core/open.ts';
import type { Surroundings } from '../capabilities/core/open.ts';
import { redactUrl } from '../capabilities/core/redact.ts';
import { capabilities } from '../capabilities/core/registry.ts';
import type { GrantName, Openers } from '../dialects/spiderlightning/index.ts';
import type { OutgoingClient } from '../outgoing/client.ts';
import { printRules } from '../outgoing/rules.ts';
import { bindTables, listBinds } from '../slightfile/model.ts';
import type { Bind, Slightfile } from '../slightfile/model.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { describeBindFailure, mayComeLater } from './bind-failure.ts';
import { dataFolder } from './folders.ts';
import type { Log } from './log/log.ts';
import type { Probe } from './readiness.ts';
import { StartError } from './log/start-error.ts';
import { describeUnused, isUnused } from './unused.ts';
import { namedOpener, onDemandOpener, reopening } from './openers.ts';
import type { StandIn } from './openers.ts';

/** One line of the table that is printed at the start. */
export interface BindingRow {
  readonly capability: string;
  readonly name: string;
  /** Without credentials. */
  readonly where: string;
  /** In words, that the app does nothing with it. */
  readonly unused?: string;
}

/** Everything that the app was granted, opened. */
export interface Bindings {
  readonly openers: Openers;
  /** Asks other servers, in an app that does and may. */
  readonly outgoing: OutgoingClient | undefined;
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

/**
 * Whether every line names a backend that there is.
 * @throws {StartError} with all lines that do not
 */
export async function checkBinds(file: Slightfile): Promise<void> {
  await forEachBind(file, async (bind) => void (await findBackend(bind.table, bind)));
}

/**
 * Creates the databases on this machine, so that workers which start at the same time find them made.
 * @throws {StartError} where one cannot be made
 */
export async function prepareStorage(file: Slightfile): Promise<void> {
  await forEachBind(file, async (bind) => {
    const { prepare } = await findBackend(bind.table, bind);
    if (!prepare) return;
    const opened: Opened = await openCapability(bind.table, bind, surroundings(file));
    await opened.close();
  });
}

/** One after the other; what goes wrong is told of all lines at once, each with its place. */
async function forEachBind(file: Slightfile, visit: (bind: Place) => Promise<void>): Promise<void> {
  const problems: string[] = [];
  for (const bind of listBinds(file)) {
    try {
      await visit(bind);
    } catch (error) {
      problems.push(describeBindFailure(file, bind, error));
    }
  }
  if (problems.length > 0) throw new StartError(problems.join('\n\n'));
}

/**
 * Opens what the app uses and was granted, and waits until all of it answers.
 * @throws {StartError} where a backend refuses or does not answer within 3 seconds, unless the app starts degraded
 */
export async function bindCapabilities(
  file: Slightfile,
  used: ReadonlySet<GrantName>,
  log: Log,
  telemetry?: Pick<Telemetry, 'noteBreaker'>,
): Promise<Bindings> {
  return file.path === undefined
    ? bindEmbedded(file, used, log)
    : await bindNamed(file, file.path, used, log, telemetry);
}

/** Storage on this machine, under any name. */
function bindEmbedded(file: Slightfile, used: ReadonlySet<GrantName>, log: Log): Bindings {
  const around = surroundings(file, log);
  const parts = [...used].flatMap((capability) => {
    if (capability === 'outgoing') return [];
    const { embedded } = capabilities[capability];
    if (embedded === undefined) return [];
    const open = (name: string): Promise<Opened> =>
      openCapability(capability, { name, bind: embedded, config: {} }, around);
    return [{ capability, embedded, opener: onDemandOpener(capability, open) }];
  });
  return {
    outgoing: undefined,
    openers: Object.fromEntries(parts.map(({ capability, opener }) => [capability, opener])),
    rows: parts.map(({ capability, embedded }) => ({
      capability,
      name: '(any name)',
      where: `${embedded} in ${around.dataDir}`,
    })),
    failures: () => [],
    probes: () =>
      parts.flatMap(({ capability, embedded, opener }) =>
        [...opener.opened].map(([name, opened]) => ({
          capability,
          name,
          where: embedded,
          ping: () => opened.ping(),
        })),
      ),
    close: () => closeAll(parts.flatMap(({ opener }) => [...opener.opened.values()])),
  };
}

/** What the slightfile names. */
async function bindNamed(
  file: Slightfile,
  path: string,
  used: ReadonlySet<GrantName>,
  log: Log,
  telemetry: Pick<Telemetry, 'noteBreaker'> | undefined,
): Promise<Bindings> {
  const around = surroundings(file, log, telemetry);
  const binds = listBinds(file);
  for (const { table: capability, name } of binds) telemetry?.noteBreaker({ capability, name }, false);
  const results = await Promise.allSettled(binds.map((bind) => openAndPing(bind, around)));
  const bound: (BindingRow & { readonly opened: Opened })[] = [];
  const standIns: StandIn[] = [];
  const problems: string[] = [];
  for (const [index, result] of results.entries()) {
    const bind = binds[index]!;
    const { name, table: capability } = bind;
    let here: Opened;
    if (result.status === 'fulfilled') here = result.value;
    else if (
      result.reason instanceof CapabilityError &&
      mayComeLater(result.reason) &&
      file.app.start === 'degraded'
    ) {
      const operations: Operations<any> = capabilities[capability].operations;
      const standIn = reopening<Opened>(operations, () => openAndPing(bind, around), result.reason);
      standIns.push(standIn);
      const { message, fix } = result.reason;
      log.host('warn', `started without ${message}${fix === undefined ? '' : `\n  fix: ${fix}`}`);
      here = standIn;
    } else {
      problems.push(describeBindFailure(file, bind, result.reason));
      continue;
    }
    bound.push({ capability, name, where: redactUrl(bind.bind), opened: here });
  }
  const outgoing = used.has('outgoing') ? await openOutgoingOf(file, path) : undefined;
  const close = () => closeAll([...bound.map(({ opened }) => opened), ...(outgoing ? [outgoing] : [])]);
  if (problems.length > 0) {
    await close();
    throw new StartError(problems.join('\n\n'));
  }
  return {
    openers: Object.fromEntries(openersOf(file, path, bound)),
    outgoing,
    rows: [
      ...bound.map(({ capability, name, where }) => ({
        capability,
        name,
        where,
        ...(isUnused({ table: capability as CapabilityName, name }, file, used) && {
          unused: describeUnused(capability as CapabilityName, name),
        }),
      })),
      ...printRules(file.outgoing?.hosts ?? []).map((row) => ({ capability: 'outgoing', ...row })),
    ],
    probes: () => bound.map(({ opened, ...row }) => ({ ...row, ping: () => opened.ping() })),
    failures: () => standIns.flatMap(({ failure }) => (failure === undefined ? [] : [failure.message])),
    close,
  };
}

async function openOutgoingOf(
  { outgoing, http }: Slightfile,
  path: string,
): Promise<OutgoingClient | undefined> {
  if (outgoing === undefined) return undefined;
  const { openOutgoing } = await import('../outgoing/client.ts');
  const own = new Set([http.port, ...(http.health === undefined ? [] : [http.health.port])]);
  return await openOutgoing({ settings: outgoing, path, own });
}

/** A table without lines grants its capability all the same: then there is no name to open. */
function openersOf(
  file: Slightfile,
  path: string,
  bound: readonly (BindingRow & { readonly opened: Opened })[],
): [CapabilityName, Opener<Opened>][] {
  return bindTables
    .filter((table) => file[table] !== undefined)
    .map((table) => {
      const mine = bound.filter(({ capability }) => capability === table);
      return [table, namedOpener(table, new Map(mine.map(({ name, opened }) => [name, opened])), path)];
    });
}

function surroundings(file: Slightfile, log?: Log, telemetry?: Pick<Telemetry, 'noteBreaker'>): Surroundings {
  const { limits, resilience } = file;
  return {
    dataDir: dataFolder(file),
    // The app must have time left to answer after an operation has failed.
    timeout: resilience.deadline ?? Math.min(longestOperation, Math.ceil(limits.deadline / 2)),
    resilience,
    report(open, message, bind) {
      log?.host(open ? 'warn' : 'info', message);
      telemetry?.noteBreaker(bind, open);
    },
    find: (table, name) => file[table]?.[name],
  };
}

type Place = Bind & { readonly table: CapabilityName };

async function openAndPing(bind: Place, around: Surroundings): Promise<Opened> {
  let late = false;
  const ready = (async () => {
    const opened: Opened = await openCapability(bind.table, bind, around);
    try {
      await opened.ping();
      if (!late) return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
    await opened.close();
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

function tooLate(bind: Place): CapabilityError {
  const where = describeBind(bind.table, bind);
  return new CapabilityError('unavailable', `${where}: no answer within ${patience / 1000} seconds`);
}

async function closeAll(opened: readonly Pick<Opened, 'close'>[]): Promise<void> {
  await Promise.allSettled(opened.map(async (each) => each.close()));
}
