import { Listeners, type Pollable, waitReady } from './pollable.ts';
import { IoError, StreamEnd } from './stream-end.ts';

/** Bytes that a guest may hand over before it has to ask again. */
const ROOM = 65_536;

/** Takes bytes, at once or with a promise: until that is kept the guest may write no more. */
export type Sink = (bytes: Uint8Array) => void | Promise<void>;

/**
 * Bytes going to a sink, in order, one write at a time. A sink that fails ends the stream; its reason stays with the
 * host.
 */
export class OutputStream {
  readonly #sink: Sink;
  readonly #listeners = new Listeners();
  readonly #queue: Uint8Array[] = [];
  #permit = 0;
  #busy = false;
  #failure: IoError | undefined;
  #ended = false;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Bytes that the next writes may have together: 0 while earlier ones are on their way. */
  room(): number | StreamEnd {
    const end = this.#end();
    if (end !== undefined) return end;
    this.#permit = this.#busy ? 0 : ROOM;
    return this.#permit;
  }

  /**
   * Hands bytes over without waiting. They are the stream's from then on.
   * @throws {RangeError} for more bytes than `room` last permitted
   */
  write(bytes: Uint8Array): StreamEnd | undefined {
    const end = this.#end();
    if (end !== undefined) return end;
    if (bytes.length > this.#permit) {
      throw new RangeError(
        `output-stream.write: ${bytes.length} bytes, but check-write permitted ${this.#permit}; call check-write first`,
      );
    }
    this.#permit -= bytes.length;
    if (this.#busy) this.#queue.push(bytes);
    else this.#send(bytes);
    return this.#end();
  }

  /** Waits for room, writes, and waits until the bytes have arrived. */
  writeAndFlush(bytes: Uint8Array): StreamEnd | undefined | Promise<StreamEnd | undefined> {
    const waiting = waitReady(this.readiness());
    if (waiting !== undefined) return waiting.then(() => this.writeAndFlush(bytes));
    const room = this.room();
    if (room instanceof StreamEnd) return room;
    return this.write(bytes) ?? this.flushWaiting();
  }

  /** Bytes never rest here, so there is nothing to push on: it only tells whether the stream still stands. */
  flush(): StreamEnd | undefined {
    return this.#end();
  }

  /** Waits until all bytes have arrived. */
  flushWaiting(): StreamEnd | undefined | Promise<StreamEnd | undefined> {
    const waiting = waitReady(this.readiness());
    return waiting === undefined ? this.#end() : waiting.then(() => this.#end());
  }

  /** Ready when there is room, or the end. */
  readiness(): Pollable {
    return {
      ready: () => !this.#busy,
      listen: (wake) => this.#listeners.add(wake),
    };
  }

  #end(): StreamEnd | undefined {
    if (!this.#ended) return undefined;
    const end = new StreamEnd(this.#failure);
    this.#failure = undefined;
    return end;
  }

  #send(bytes: Uint8Array): void {
    try {
      const sent = this.#sink(bytes);
      if (sent === undefined) return;
      this.#busy = true;
      sent.then(
        () => this.#sent(),
        () => this.#fail(),
      );
    } catch {
      this.#fail();
    }
  }

  #sent(): void {
    this.#busy = false;
    while (!this.#busy && this.#queue.length > 0) this.#send(this.#queue.shift()!);
    if (!this.#busy) this.#listeners.wake();
  }

  #fail(): void {
    this.#busy = false;
    this.#ended = true;
    this.#failure = new IoError('the host could not write this');
    this.#queue.length = 0;
    this.#listeners.wake();
  }
}

/**
 * Moves what is there from one stream to another, at most `limit` bytes; never waits. Answers how many it moved.
 */
export function splice(to: OutputStream, from: InputStreamLike, limit: number): number | StreamEnd {
  const room = to.room();
  if (room instanceof StreamEnd) return room;
  const bytes = from.read(Math.min(limit, room));
  if (bytes instanceof StreamEnd) return bytes;
  return to.write(bytes) ?? bytes.length;
}

/** The side of an input stream that `splice` needs. */
interface InputStreamLike {
  read(limit: number): Uint8Array | StreamEnd;
}
