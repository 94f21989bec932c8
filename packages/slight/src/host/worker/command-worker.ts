import type { Component } from '@spiderlightning/component';
import type { Slightfile } from '../../slightfile/model.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { openCommand } from './command-app.ts';
import type { CommandApp } from './command-app.ts';
import type { Terminal } from './guests.ts';
import type { Log } from '../log/log.ts';
import type { SpanningRelay } from './spanning-relay.ts';

/** A program that runs in this process. */
export interface RunningCommand extends Pick<CommandApp, 'rows' | 'failures' | 'probe'> {
  /** Its exit code. */
  readonly finished: Promise<number>;
  /** Gives it up, and lets go of what it used. */
  close(): Promise<void>;
}

/**
 * Runs a program on the input and the output of this process.
 * @param spanning - takes what it says on connections
 * @param join - has that reach other hosts, before it runs
 * @throws {StartError}
 */
export async function startCommand(
  component: Component,
  file: Slightfile,
  args: readonly string[],
  log: Log,
  telemetry: Telemetry | undefined,
  spanning: SpanningRelay,
  join: (opened: Pick<CommandApp, 'open'>) => Promise<void>,
): Promise<RunningCommand> {
  for (const stream of [process.stdout, process.stderr]) {
    // Nobody reads any more: what it prints is for nobody.
    stream.on('error', () => undefined);
  }
  const terminal: Terminal = { arguments: args, stdin: readInput(), print };
  const command = await openCommand(component, file, log, terminal, spanning, telemetry);
  await join(command);
  const stop = new AbortController();
  const finished = command.run(stop.signal);
  // Its failure is for whoever awaits `finished`.
  const ended = finished.then(
    () => undefined,
    () => undefined,
  );
  return {
    rows: command.rows,
    failures: command.failures,
    probe: command.probe,
    finished,
    async close() {
      stop.abort(new Error('it is asked to end'));
      await ended;
      await spanning.leave();
      await command.close();
      await Promise.all([flush(process.stdout), flush(process.stderr)]);
    },
  };
}

/** Opens the input when somebody reads it, and not before. */
async function* readInput(): AsyncGenerator<Uint8Array> {
  for await (const piece of process.stdin) yield piece as Buffer;
}

/** With a promise while the reader has enough: the program waits. */
function print(to: 'stdout' | 'stderr', bytes: Uint8Array): void | Promise<void> {
  const stream = process[to];
  if (stream.write(bytes) || !stream.writable) return undefined;
  return new Promise((resolve) => {
    const end = (): void => {
      stream.off('drain', end).off('close', end).off('error', end);
      resolve();
    };
    stream.on('drain', end).on('close', end).on('error', end);
  });
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (!stream.writable) resolve();
    else stream.write('', () => resolve());
  });
}
