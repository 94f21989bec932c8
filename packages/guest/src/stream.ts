import { read } from '#cloud/http-body';
import type { Answer, AnswerInit } from './answer.ts';
import { bytes } from './answer.ts';
import { CapabilityError, HttpError, translateErrors } from './error.ts';
import { parts } from './live.ts';
import { log } from './log.ts';
import { TextEncoder } from './platform/text.ts';
import { inspect } from './platform/inspect.ts';
import type { GuestRequest } from './request.ts';

/** A piece of a body: bytes, or text that is sent as UTF-8. */
export type Piece = Uint8Array | string;

/** Sends a piece; resolves when the host wants more. */
export type Write = (piece: Piece) => Promise<void>;

/** Where a body comes from: a generator, anything else that gives piece after piece, or a function that writes. */
export type StreamSource =
  | AsyncIterable<Piece>
  | Iterable<Piece>
  | ((write: Write) => void | Promise<void>)
  | (() => AsyncIterable<Piece> | Iterable<Piece>);

const encoder = new TextEncoder();
let current: AsyncIterator<Piece> | Iterator<Piece> | undefined;

parts.read = (max) => {
  try {
    return translateErrors(() => read(max));
  } catch (error) {
    if (!(error instanceof CapabilityError)) throw error;
    const status = error.code === 'resource-exhausted' ? 413 : error.code === 'timeout' ? 408 : 400;
    throw new HttpError(status, error.message);
  }
};
parts.next = async () => {
  try {
    for (
      let item = await current?.next();
      item !== undefined && item.done !== true;
      item = await current?.next()
    ) {
      const piece = toBytes(item.value);
      if (piece.length > 0) return { tag: 'bytes', val: piece };
    }
    current = undefined;
    return { tag: 'end' };
  } catch (error) {
    log('error', `the body of an answer failed: ${inspect(error)}`);
    current = undefined;
    return { tag: 'failed' };
  }
};

/**
 * Answers with a body that is made while it is sent: `stream(async (write) => { await write('one'); })`, or
 * `stream(async function* () { yield 'one'; })`. The next piece is asked for when the client has taken most of those
 * before. The head is sent at once: what the source throws can only break the answer off, which the client sees.
 */
export function stream(source: StreamSource, init: AnswerInit & { readonly type?: string } = {}): Answer {
  const answer = bytes(new Uint8Array(0), init.type ?? 'application/octet-stream', init);
  return {
    ...answer,
    live: {
      begin() {
        current = iterate(source);
        return { tag: 'stream' };
      },
    },
  };
}

/**
 * The body of a request, piece by piece as it comes, up to 64 KiB each. The client is not asked for more than what is
 * read. A body can be read once, here or with `json()` and its like.
 * @throws {HttpError} 413 beyond the host's `limits.body`, 408 where nothing came in time, 400 where it broke off
 */
export async function* bodyOf(
  req: Pick<GuestRequest, 'pieces'>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* req.pieces();
}

function toBytes(piece: Piece): Uint8Array {
  if (typeof piece === 'string') return encoder.encode(piece);
  if (piece instanceof Uint8Array) return piece;
  throw new TypeError(`a piece of a body is text or a Uint8Array, not ${typeof piece}`);
}

function iterate(source: StreamSource): AsyncIterator<Piece> | Iterator<Piece> {
  const made = typeof source === 'function' ? undefined : source;
  if (made !== undefined) return iteratorOf(made);
  const writer = openWriter();
  const given = (source as (write: Write) => unknown)(writer.write);
  if (isIterable(given)) return iteratorOf(given);
  Promise.resolve(given).then(writer.end, writer.fail);
  return writer;
}

function isIterable(value: unknown): value is AsyncIterable<Piece> | Iterable<Piece> {
  return (
    typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}

function iteratorOf(source: AsyncIterable<Piece> | Iterable<Piece>): AsyncIterator<Piece> | Iterator<Piece> {
  const { [Symbol.asyncIterator]: later } = source as Partial<AsyncIterable<Piece>>;
  return later === undefined ? (source as Iterable<Piece>)[Symbol.iterator]() : later.call(source);
}

/** Turns a function that writes into an iterator: `write` resolves when the piece after it is wanted. */
function openWriter() {
  const pieces: { piece: Piece; taken: () => void }[] = [];
  let over: { error?: unknown } | undefined;
  let wake: (() => void) | undefined;
  let taken: (() => void) | undefined;
  const finish = (how: { error?: unknown }) => {
    over = how;
    wake?.();
  };
  return {
    write: (piece: Piece) =>
      new Promise<void>((resolve) => {
        pieces.push({ piece, taken: resolve });
        wake?.();
      }),
    end: () => finish({}),
    fail: (error: unknown) => finish({ error }),
    async next(): Promise<IteratorResult<Piece>> {
      taken?.();
      taken = undefined;
      if (pieces.length === 0 && over === undefined) await new Promise<void>((resolve) => (wake = resolve));
      wake = undefined;
      const first = pieces.shift();
      if (first !== undefined) {
        taken = first.taken;
        return { done: false, value: first.piece };
      }
      if (over !== undefined && 'error' in over) throw over.error;
      return { done: true, value: undefined };
    },
  };
}
