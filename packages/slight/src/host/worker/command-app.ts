import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { isTrap } from '@spiderlightning/component';
import type { Component } from '@spiderlightning/component';
import { Exit, wasiImports } from '@spiderlightning/wasi';
import { runCommand } from '../../dialects/spiderlightning/index.ts';
import type { Slightfile } from '../../slightfile/model.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { EventError } from '../../triggers/event.ts';
import type { MaybePromise } from '../../capabilities/core/backend.ts';
import type { CapabilityName, Opened } from '../../capabilities/core/capability.ts';
import type { Relay } from '../../triggers/held/command.ts';
import { bindCapabilities } from '../bind.ts';
import type { BindingRow } from '../bind.ts';
import { toEventFailure } from './events.ts';
import { checkExports } from '../exports.ts';
import { describeNoStart, describeCause, InstanceStartError } from './failure.ts';
import { checkGrants } from '../grants.ts';
import { openGuests } from './guests.ts';
import { openBound } from '../openers.ts';
import type { Terminal } from './guests.ts';
import type { Log } from '../log/log.ts';
import { createProber } from '../readiness.ts';
import type { BackendState } from '../readiness.ts';
import { placeTranslator } from './source-map.ts';
import { StartError } from '../log/start-error.ts';

/** A program that is bound and ready to run. */
export interface CommandApp {
  readonly rows: readonly BindingRow[];
  /** Runs it once. Gives its exit code: 1 where it failed, and stderr or the log says why. */
  run(signal: AbortSignal): Promise<number>;
  /** What the slightfile binds, for the host's own use. @throws {CapabilityError} `permission-denied` */
  open(capability: CapabilityName, name: string): MaybePromise<Opened>;
  failures(): string[];
  probe(): Promise<BackendState[]>;
  close(): Promise<void>;
}

/**
 * Binds a component that is a program to what its slightfile grants.
 * @param relay - takes what it says on connections
 * @throws {StartError} as `openApp`
 */
export async function openCommand(
  component: Component,
  file: Slightfile,
  log: Log,
  terminal: Terminal,
  relay: Pick<Relay, 'publish'>,
  telemetry?: Telemetry,
): Promise<CommandApp> {
  const system = wasiImports();
  const names = Object.keys(system);
  system[Symbol.dispose]();
  checkExports(
    component.exports.map(({ name }) => name),
    file,
    true,
  );
  const bindings = await bindCapabilities(file, checkGrants(component, file, names), log);
  const sink = { message: file.limits.message, publish: relay.publish };
  const guests = openGuests(component, file, bindings, log, names, sink, telemetry, terminal);

  async function run(signal: AbortSignal): Promise<number> {
    const { deadline, cpu } = file.command;
    const id = randomUUID();
    const watch = telemetry?.watchEvent({ trigger: 'command', name: basename(file.app.component), id });
    const began = performance.now();
    let outcome = 'ok';
    const guest = await guests.create();
    guest.context.watch = watch;
    try {
      return await runCommand(guest.instance, terminal.arguments, {
        signal,
        ...(deadline !== undefined && { deadline }),
        ...(cpu !== undefined && { cpu }),
      });
    } catch (error) {
      // A guest of another language ends itself by its system's means.
      if (isTrap(error) && error.cause instanceof Exit) return error.cause.code;
      const failure = toEventFailure(error, file.command, signal, 'command');
      outcome = failure.reason;
      watch?.fail(outcome);
      if (error instanceof EventError) {
        const text = placeTranslator(file.app.component)(error.message);
        await terminal.print('stderr', Buffer.from(`${text.trimEnd()}\n`));
      } else if (outcome !== 'cancelled') log.host('error', failure.message);
      return 1;
    } finally {
      watch?.end(outcome, performance.now() - began);
      guests.dispose(guest);
    }
  }

  return {
    rows: bindings.rows,
    async run(signal) {
      try {
        return await run(signal);
      } catch (error) {
        if (!(error instanceof InstanceStartError)) throw error;
        const reason = describeCause(error.cause);
        throw new StartError(describeNoStart(file.app.component, reason), { cause: error });
      }
    },
    open: (capability, name) => openBound(bindings.openers, file, capability, name),
    failures: bindings.failures,
    probe: createProber(bindings.probes),
    close: bindings.close,
  };
}
