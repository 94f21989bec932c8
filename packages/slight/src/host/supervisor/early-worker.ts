import type { ChildProcess } from 'node:child_process';
import { readExportNames } from '@spiderlightning/component/exports';
import { httpHandlers } from '../../dialects/spiderlightning/http-handler.ts';
import type { Address } from '../../slightfile/address.ts';
import { listBinds } from '../../slightfile/model.ts';
import type { Slightfile } from '../../slightfile/model.ts';
import { readComponent } from './component-file.ts';
import { isCompatible } from '../import-name.ts';
import { bindPort } from './port.ts';
import type { Port } from './port.ts';
import { restrictWorker } from './restrictions.ts';
import { forkWorker } from './worker-fork.ts';
import type { WorkerFork } from './worker-fork.ts';

/** The first worker's process and its port, begun on a guess of what will be asked for. It runs nothing until it is told to. */
export interface EarlyWorker {
  /** The port, where the app's address is that one. */
  takePort(address: Address): Port | undefined;
  /** The process, once, where it is what `forkWorker` would start. */
  takeProcess(wanted: WorkerFork): ChildProcess | undefined;
  /** Ends what was not taken. */
  drop(): void;
}

/**
 * Starts the process of the first worker while the supervisor itself still loads and checks: two starts of Node at the
 * same time. What is checked later may ask for another process, with other rights or variables; then this one is ended.
 * @throws whatever is wrong with the app, to be told of by those who check it
 * @returns undefined where a guess would be wrong, or is not worth it
 */
export async function startEarlyWorker(file: Slightfile): Promise<EarlyWorker | undefined> {
  // The variable with the key must not be there, and who flushes files has other rights.
  if (file.secrets?.key !== undefined) return undefined;
  if (listBinds(file).some(({ bind }) => bind.startsWith('filesystem'))) return undefined;
  const exported = readExportNames(await readComponent(file.app.component));
  if (!exported.some((name) => httpHandlers.some((each) => isCompatible(each, name)))) return undefined;
  const { host, port } = file.http;
  const bound = await bindPort({ host, port });
  return holdWorker({ host, port }, bound, {
    permissions: restrictWorker(file),
    env: process.env,
    fd: bound.fd,
  });
}

const endings = ['SIGINT', 'SIGTERM'] as const;

function holdWorker(address: Address, bound: Port, given: WorkerFork): EarlyWorker {
  let port: Port | undefined = bound;
  let waiting: ChildProcess | undefined;
  // Until the supervisor hears of these. Nobody is served yet, so there is nothing to finish. Before there is a process,
  // for one that comes while it is made would end this one alone, as a signal that nobody hears does.
  for (const signal of endings) process.on(signal, end);
  try {
    waiting = forkWorker(given).on('error', () => undefined);
  } catch (error) {
    drop();
    throw error;
  }

  /** Goes on hearing signals: one more that is passed on to this process shall not be its end. */
  function end(): void {
    waiting?.kill('SIGKILL');
    process.exit(0);
  }

  function drop(): void {
    take()?.kill('SIGKILL');
    port?.close();
    port = undefined;
  }

  function take(): ChildProcess | undefined {
    for (const signal of endings) process.off(signal, end);
    const taken = waiting;
    waiting = undefined;
    return taken;
  }

  return {
    takePort({ host, port: number }) {
      if (address.host !== host || address.port !== number) drop();
      const taken = port;
      port = undefined;
      return taken;
    },
    takeProcess({ permissions, env, fd }) {
      // Whether its channel is closed may be known later than that it has ended, which is told once.
      const fits =
        waiting?.connected === true &&
        waiting.exitCode === null &&
        waiting.signalCode === null &&
        fd === given.fd &&
        env === given.env &&
        permissions.length === given.permissions.length &&
        permissions.every((flag, index) => flag === given.permissions[index]);
      if (fits) return take();
      drop();
      return undefined;
    },
    drop,
  };
}
