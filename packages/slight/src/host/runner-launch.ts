import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { launchThrough, startRunner } from '../capabilities/sql/launch.ts';
import type { RunnerOrder } from '../capabilities/sql/launch.ts';
import type { Slightfile } from '../slightfile/model.ts';

/**
 * A worker starts no programs, so its supervisor starts the processes that run SQL, and hands their sockets over. They end
 * with these.
 */

/** From a worker: it wants such a process. */
export interface LaunchWish {
  readonly type: 'launch';
  readonly id: number;
  readonly order: RunnerOrder;
}

/** To the worker, with the socket where there is one. */
export interface Launched {
  readonly type: 'launched';
  readonly id: number;
  readonly failure?: string;
}

/** The supervisor's part. Only an app that was granted SQL gets one. */
export async function launchFor(worker: ChildProcess, file: Slightfile, wish: LaunchWish): Promise<void> {
  const { id, order } = wish;
  let socket: Socket | undefined;
  let failure: string | undefined;
  try {
    if (file.path !== undefined && file.sql === undefined) throw new Error('[sql] was not granted');
    socket = await startRunner(order);
  } catch (error) {
    failure = (error as Error).message;
  }
  const answer: Launched = { type: 'launched', id, ...(failure !== undefined && { failure }) };
  const dropped = (error: Error | null): void => {
    if (error !== null) socket?.destroy();
  };
  if (worker.connected) worker.send(answer, socket, { keepOpen: false }, dropped);
  else socket?.destroy();
}

/** The worker's part; gives what hears of the supervisor's answers. */
export function launchBySupervisor(
  tell: (wish: LaunchWish) => void,
): (answer: Launched, handle: unknown) => void {
  const wishes = new Map<number, { resolve(socket: Socket): void; reject(error: Error): void }>();
  let last = 0;
  launchThrough(
    (order) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        wishes.set(id, { resolve, reject });
        tell({ type: 'launch', id, order });
      }),
  );
  return ({ id, failure }, handle) => {
    const wish = wishes.get(id);
    wishes.delete(id);
    if (handle instanceof Socket) wish?.resolve(handle);
    else wish?.reject(new Error(failure ?? 'the supervisor sent no socket'));
  };
}
