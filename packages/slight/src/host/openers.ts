import type { MaybePromise } from '../capabilities/core/backend.ts';
import type { CapabilityName, Opened, Opener, Operations } from '../capabilities/core/capability.ts';
import { CapabilityError } from '../capabilities/core/error.ts';
import { capabilities } from '../capabilities/core/registry.ts';
import type { Openers } from '../dialects/spiderlightning/index.ts';
import type { Slightfile } from '../slightfile/model.ts';
import { grantLines } from './grants.ts';
import { StartError } from './log/start-error.ts';

const mostNames = 64;

/** Opens what a slightfile names, which was opened at the start. */
export function namedOpener<Contract extends Opened>(
  capability: CapabilityName,
  opened: ReadonlyMap<string, Contract>,
  path: string,
): Opener<Contract> {
  const { noun } = capabilities[capability];
  return {
    open(name) {
      const found = opened.get(name);
      if (found !== undefined) return found;
      const names = [...opened.keys()].map((each) => JSON.stringify(each)).join(', ') || 'none';
      throw new CapabilityError(
        'permission-denied',
        `the ${noun} ${JSON.stringify(name)} was not granted to this app (granted: ${names}). ` +
          `Add this line to [${capability}] in ${path}: ${grantLines(capability, name, true).join('')}`,
      );
    },
  };
}

/**
 * Opens what the slightfile binds, for the host's own use.
 * @throws {StartError} where it has no such table @throws {CapabilityError} `permission-denied`
 */
export function openBound(
  openers: Openers,
  { path }: Pick<Slightfile, 'path'>,
  capability: CapabilityName,
  name: string,
): MaybePromise<Opened> {
  const opener: Opener<Opened> | undefined = openers[capability];
  if (opener === undefined) throw new StartError(`there is no [${capability}] in ${path}`);
  return opener.open(name);
}

/** Opens any name, each when the app first asks for it: for an app that runs without a slightfile. */
export function onDemandOpener<Contract extends Opened>(
  capability: CapabilityName,
  open: (name: string) => Promise<Contract>,
): Opener<Contract> & { readonly opened: ReadonlyMap<string, Contract> } {
  const { noun } = capabilities[capability];
  const opened = new Map<string, Contract>();
  const opening = new Map<string, Promise<Contract>>();

  async function start(name: string): Promise<Contract> {
    try {
      const made = await open(name);
      opened.set(name, made);
      return made;
    } finally {
      opening.delete(name);
    }
  }

  return {
    opened,
    open(name) {
      const known = opened.get(name) ?? opening.get(name);
      if (known !== undefined) return known;
      if (!/^[\w][\w.-]{0,63}$/.test(name)) {
        throw new CapabilityError(
          'permission-denied',
          `${JSON.stringify(name)} is no name for a ${noun} without a slightfile: use up to 64 letters, digits, "_", "-" and "."`,
        );
      }
      if (opened.size + opening.size >= mostNames) {
        throw new CapabilityError(
          'resource-exhausted',
          `an app without a slightfile opens at most ${mostNames} names of [${capability}]`,
        );
      }
      const started = start(name);
      opening.set(name, started);
      return started;
    },
  };
}

/** What stands in for something that could not be opened at the start. */
export interface StandIn {
  /** Why it cannot be opened; undefined once it is. */
  readonly failure: CapabilityError | undefined;
}

/**
 * Stands in for what could not be opened at the start: every call tries again, at most once in `pause` milliseconds,
 * and fails with the latest reason until one succeeds.
 */
export function reopening<Contract extends Opened>(
  operations: Operations<Contract>,
  open: () => Promise<Contract>,
  reason: CapabilityError,
  pause = 1_000,
): Contract & StandIn {
  let failure: CapabilityError | undefined = reason;
  let current: Contract | undefined;
  let attempt: Promise<Contract> | undefined;
  let next = performance.now() + pause;
  let closed = false;

  async function reopen(): Promise<Contract> {
    try {
      const opened = await open();
      if (closed) await opened.close();
      current = opened;
      failure = undefined;
      return opened;
    } catch (error) {
      failure = error instanceof CapabilityError ? toAbsence(error) : reason;
      throw failure;
    } finally {
      next = performance.now() + pause;
      attempt = undefined;
    }
  }

  function on<T>(use: (opened: Contract) => MaybePromise<T>): MaybePromise<T> {
    if (current !== undefined) return use(current);
    if (attempt === undefined && performance.now() < next) throw failure ?? reason;
    attempt ??= reopen();
    return attempt.then(use);
  }

  type Method = (...args: unknown[]) => MaybePromise<unknown>;
  const forward = (method: string): Method => {
    return (...args) => on((opened) => (opened as unknown as { [name: string]: Method })[method]!(...args));
  };
  const standIn = {
    get failure() {
      return failure;
    },
    ping: forward('ping'),
    close() {
      closed = true;
      return current?.close();
    },
  };
  const methods = Object.keys(operations).map((method) => [method, forward(method)] as const);
  return Object.assign(standIn, Object.fromEntries(methods)) as unknown as Contract & StandIn;
}

/** Another kind of server may answer by now: a mistake of the bind, which must not look like one of the app's arguments. */
function toAbsence(error: CapabilityError): CapabilityError {
  if (error.code !== 'invalid-argument') return error;
  return new CapabilityError('unavailable', error.message, { cause: error, fix: error.fix });
}
