import type { HostImports } from '@spiderlightning/component';
import { Timers } from '../system/clock.ts';
import { InputStream } from '../system/input.ts';
import { type LineSplitter, splitLines } from '../system/lines.ts';
import { OutputStream, type Sink } from '../system/output.ts';
import { bindCli, type StandardStreams } from './cli.ts';
import { bindClocks } from './clocks.ts';
import { bindFilesystem } from './filesystem.ts';
import { bindIo } from './io.ts';
import { bindRandom } from './random.ts';

/** Takes one line of what a guest prints, without its newline. Guests print what they like: it may hold escapes. */
export type LineSink = (line: string) => void;

/** Takes what a guest prints as it comes. With a promise, the guest waits until the bytes have been taken. */
export interface ByteSink {
  write(bytes: Uint8Array): void | Promise<void>;
}

/** What a guest is given. Whatever is left out it does not get. */
export interface WasiOptions {
  /** Environment variables. Default: none. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Arguments; by custom the first is the program's name. Default: none. */
  readonly arguments?: readonly string[];
  /** The directory that a guest shall think it starts in. Default: none. */
  readonly cwd?: string;
  /** What the guest reads as its standard input. Default: empty. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Where standard output goes. Default: nowhere. */
  readonly stdout?: LineSink | ByteSink;
  /** Where standard error goes. Default: nowhere. */
  readonly stderr?: LineSink | ByteSink;
}

/**
 * Called on imports: begins anew for an instance that was put back to its beginning. What is left of output is given out,
 * timers stop, standard input ends, and the insecure seed is another one.
 */
export const renew: unique symbol = Symbol('renew');

/** The imports together with what lies behind them: dispose of it when the instance is gone. */
export type WasiImports = HostImports & Disposable & { readonly [renew]: () => void };

/**
 * WASI 0.2 (cli, io, clocks, random, and a filesystem without any file) for one instance; every instance needs its
 * own. Clocks and randomness are always there, everything else is granted by name.
 *
 * Disposing gives out the last, unended lines of output, stops timers and lets standard input go.
 */
export function wasiImports(options: WasiOptions = {}): WasiImports {
  const timers = new Timers();
  const random = bindRandom();
  const splitters: LineSplitter[] = [];
  const openSink = (sink: LineSink | ByteSink | undefined): Sink => {
    if (sink === undefined) return () => {};
    if (typeof sink !== 'function') return (bytes) => sink.write(bytes);
    const splitter = splitLines(sink);
    splitters.push(splitter);
    return (bytes) => splitter.write(bytes);
  };
  const stdout = openSink(options.stdout);
  const stderr = openSink(options.stderr);
  const openStreams = (stdin: AsyncIterable<Uint8Array> | undefined): StandardStreams => ({
    stdin: new InputStream(stdin),
    stdout: new OutputStream(stdout),
    stderr: new OutputStream(stderr),
  });
  let streams = openStreams(options.stdin);
  const close = (): void => {
    timers.clear();
    streams.stdin.close();
    for (const splitter of splitters) splitter.end();
  };
  return {
    ...bindIo(),
    ...bindClocks(timers),
    ...random.imports,
    ...bindFilesystem(),
    ...bindCli({
      environment: options.environment ?? {},
      arguments: options.arguments ?? [],
      cwd: options.cwd,
      streams: () => streams,
    }),
    [renew]() {
      close();
      streams = openStreams(undefined);
      random.renew();
    },
    [Symbol.dispose]: close,
  };
}
