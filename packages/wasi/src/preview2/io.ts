import type { HostImports } from '@spiderlightning/component';
import type { InputStream } from '../system/input.ts';
import { type OutputStream, splice } from '../system/output.ts';
import { type Pollable, pollAny, waitReady } from '../system/pollable.ts';
import { type IoError, StreamEnd } from '../system/stream-end.ts';
import { VERSION } from './version.ts';

/** Most bytes of one answer; a stream may always give less than it was asked for. */
const MOST_READ = 65_536n;

/** What the interface says that one call of a `blocking-…-and-flush` may write. */
const MOST_BLOCKING_WRITE = 4_096;

type Result<T> = { tag: 'ok'; val: T } | { tag: 'err'; val: StreamError };
type StreamError = { tag: 'last-operation-failed'; val: IoError } | { tag: 'closed' };

/** wasi:io. */
export function bindIo(): HostImports {
  return {
    [`wasi:io/error@${VERSION}`]: {
      '[method]error.to-debug-string': (error: IoError) => error.message,
    },
    [`wasi:io/poll@${VERSION}`]: {
      '[method]pollable.ready': (pollable: Pollable) => pollable.ready(),
      '[method]pollable.block': (pollable: Pollable) => waitReady(pollable),
      '[drop]pollable': (pollable: Pollable) => pollable.drop?.(),
      poll: (pollables: Pollable[]) => pollAny(pollables),
    },
    [`wasi:io/streams@${VERSION}`]: {
      '[method]input-stream.read': (stream: InputStream, length: bigint) =>
        answer(stream.read(clamp(length))),
      '[method]input-stream.blocking-read': (stream: InputStream, length: bigint) =>
        later(stream.readWaiting(clamp(length)), answer),
      '[method]input-stream.skip': (stream: InputStream, length: bigint) =>
        answerLength(stream.read(clamp(length))),
      '[method]input-stream.blocking-skip': (stream: InputStream, length: bigint) =>
        later(stream.readWaiting(clamp(length)), answerLength),
      '[method]input-stream.subscribe': (stream: InputStream) => stream.readiness(),

      '[method]output-stream.check-write': (stream: OutputStream) => answerNumber(stream.room()),
      '[method]output-stream.write': (stream: OutputStream, bytes: Uint8Array) => answer(stream.write(bytes)),
      '[method]output-stream.blocking-write-and-flush': (stream: OutputStream, bytes: Uint8Array) => {
        refuseLong('blocking-write-and-flush', bytes.length);
        return later(stream.writeAndFlush(bytes), answer);
      },
      '[method]output-stream.flush': (stream: OutputStream) => answer(stream.flush()),
      '[method]output-stream.blocking-flush': (stream: OutputStream) => later(stream.flushWaiting(), answer),
      '[method]output-stream.subscribe': (stream: OutputStream) => stream.readiness(),
      '[method]output-stream.write-zeroes': (stream: OutputStream, length: bigint) =>
        answer(stream.write(makeZeroes(length))),
      '[method]output-stream.blocking-write-zeroes-and-flush': (stream: OutputStream, length: bigint) => {
        refuseLong('blocking-write-zeroes-and-flush', length);
        return later(stream.writeAndFlush(new Uint8Array(Number(length))), answer);
      },
      '[method]output-stream.splice': (stream: OutputStream, from: InputStream, length: bigint) =>
        answerNumber(splice(stream, from, clamp(length))),
      '[method]output-stream.blocking-splice': (stream: OutputStream, from: InputStream, length: bigint) =>
        spliceWaiting(stream, from, clamp(length)),
    },
  };
}

function spliceWaiting(
  stream: OutputStream,
  from: InputStream,
  length: number,
): Result<bigint> | Promise<Result<bigint>> {
  const waiting = waitReady(stream.readiness()) ?? waitReady(from.readiness());
  if (waiting !== undefined) return waiting.then(() => spliceWaiting(stream, from, length));
  return answerNumber(splice(stream, from, length));
}

/** Goes on at once with a value that is there: only a promise makes the guest wait. */
function later<T, R>(value: T | Promise<T>, use: (value: T) => R): R | Promise<R> {
  return value instanceof Promise ? value.then(use) : use(value);
}

function answer<T>(value: T | StreamEnd): Result<T> {
  if (!(value instanceof StreamEnd)) return { tag: 'ok', val: value };
  if (value.error === undefined) return { tag: 'err', val: { tag: 'closed' } };
  return { tag: 'err', val: { tag: 'last-operation-failed', val: value.error } };
}

function answerNumber(value: number | StreamEnd): Result<bigint> {
  return answer(value instanceof StreamEnd ? value : BigInt(value));
}

function answerLength(value: Uint8Array | StreamEnd): Result<bigint> {
  return answerNumber(value instanceof StreamEnd ? value : value.length);
}

function clamp(length: bigint): number {
  return Number(length < MOST_READ ? length : MOST_READ);
}

/** More than any permit is refused by the stream; it must not be allocated before that. */
function makeZeroes(length: bigint): Uint8Array {
  return new Uint8Array(Number(length <= MOST_READ ? length : MOST_READ + 1n));
}

function refuseLong(name: string, length: number | bigint): void {
  if (length <= MOST_BLOCKING_WRITE) return;
  throw new RangeError(
    `output-stream.${name}: ${length} bytes; one call takes at most ${MOST_BLOCKING_WRITE}`,
  );
}
