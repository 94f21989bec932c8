import type { HeldCommand, Relay } from '../triggers/held/command.ts';
import type { FromWorker } from './message.ts';

/** Bytes on their way to the supervisor from which an app waits before it says more. */
const enough = 256 * 1024;

/** A relay by way of the supervisor: what each worker says reaches all of them, itself included, in one order. */
export interface WorkerRelay extends Relay {
  /** Takes what comes from the supervisor. */
  deliver(command: HeldCommand): void;
}

/** @param send - hands a message to the supervisor and calls back once it has left */
export function createWorkerRelay(send: (message: FromWorker, sent: () => void) => void): WorkerRelay {
  let listener: (command: HeldCommand) => void = () => undefined;
  let leaving = 0;
  return {
    publish(command) {
      const size = sizeOf(command);
      leaving += size;
      const { promise, resolve } = Promise.withResolvers<void>();
      send({ type: 'relay', command }, () => {
        leaving -= size;
        resolve();
      });
      return leaving > enough ? promise : undefined;
    },
    subscribe(listen) {
      listener = listen;
    },
    deliver: (command) => listener(command),
  };
}

/** What a command weighs, in bytes, nearly. */
export function sizeOf(command: HeldCommand): number {
  return 200 + ('message' in command ? command.message.content.length : 0);
}
