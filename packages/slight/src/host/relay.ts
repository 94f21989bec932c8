import type { HeldCommand, Relay } from '../triggers/held/command.ts';
import type { FromWorker } from './message.ts';

/** Bytes that not all workers have taken yet from which an app waits before it says more. */
const enough = 256 * 1024;

/** A relay by way of the supervisor: what each worker says reaches all of them, itself included, in one order. */
export interface WorkerRelay extends Relay {
  /** Takes what comes from the supervisor. `own`: this worker said it. */
  deliver(command: HeldCommand, own: boolean): void;
  /** All workers have taken so many bytes of what this one said. */
  taken(bytes: number): void;
  /** The supervisor is gone: nobody waits for it. */
  end(): void;
}

/** @param send - hands a message to the supervisor */
export function createWorkerRelay(send: (message: FromWorker) => void): WorkerRelay {
  let listener: (command: HeldCommand) => void = () => undefined;
  let said = 0;
  let heard = 0;
  let underway = 0;
  let ended = false;
  /** Those who wait until `heard` is as much. In order. */
  const settling: { readonly said: number; resolve(): void }[] = [];
  /** Those who wait for room. */
  const waiting: (() => void)[] = [];

  return {
    publish(command) {
      if (ended) return undefined;
      said++;
      underway += sizeOf(command);
      send({ type: 'relay', command });
      return underway > enough ? new Promise((resolve) => waiting.push(resolve)) : undefined;
    },
    settled() {
      if (ended || heard === said) return undefined;
      return new Promise((resolve) => settling.push({ said, resolve }));
    },
    subscribe(listen) {
      listener = listen;
    },
    deliver(command, own) {
      listener(command);
      if (!own) return;
      heard++;
      while (settling.length > 0 && settling[0]!.said <= heard) settling.shift()!.resolve();
    },
    taken(bytes) {
      underway -= bytes;
      if (underway <= enough) for (const resolve of waiting.splice(0)) resolve();
    },
    end() {
      ended = true;
      for (const resolve of waiting.splice(0)) resolve();
      for (const { resolve } of settling.splice(0)) resolve();
    },
  };
}

/** What a command weighs, in bytes, nearly. */
export function sizeOf(command: HeldCommand): number {
  return 200 + ('message' in command ? command.message.content.length : 0);
}
