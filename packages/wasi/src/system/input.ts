import { Listeners, type Pollable, waitReady } from './pollable.ts';
import { IoError, StreamEnd } from './stream-end.ts';

const NOTHING = new Uint8Array(0);

/**
 * Bytes coming from a source. The source is asked for a chunk only when the guest wants one, so at most one chunk
 * lies waiting. A source that fails ends the stream; its reason stays with the host.
 */
export class InputStream {
  readonly #source: AsyncIterator<Uint8Array> | undefined;
  readonly #listeners = new Listeners();
  #chunk: Uint8Array = NOTHING;
  #pulling = false;
  #failure: IoError | undefined;
  #ended: boolean;

  /** Without a source it is at its end from the start. */
  constructor(source?: AsyncIterable<Uint8Array>) {
    this.#source = source?.[Symbol.asyncIterator]();
    this.#ended = source === undefined;
  }

  /** What is there, at most `limit` bytes and perhaps none; never waits. */
  read(limit: number): Uint8Array | StreamEnd {
    if (this.#chunk.length > 0) {
      const bytes = this.#chunk.slice(0, limit);
      this.#chunk = this.#chunk.subarray(bytes.length);
      return bytes;
    }
    if (this.#failure !== undefined) {
      const end = new StreamEnd(this.#failure);
      this.#failure = undefined;
      return end;
    }
    if (this.#ended) return new StreamEnd();
    if (limit > 0) this.#pull();
    return NOTHING;
  }

  /** Waits until there is something to read, then reads. */
  readWaiting(limit: number): Uint8Array | StreamEnd | Promise<Uint8Array | StreamEnd> {
    const waiting = waitReady(this.readiness());
    return waiting === undefined ? this.read(limit) : waiting.then(() => this.read(limit));
  }

  /** Ready when there are bytes, or the end. */
  readiness(): Pollable {
    const ready = () => this.#chunk.length > 0 || this.#ended;
    return {
      ready: () => {
        if (!ready()) this.#pull();
        return ready();
      },
      listen: (wake) => {
        this.#pull();
        return this.#listeners.add(wake);
      },
    };
  }

  /** Ends it and lets the source go. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#chunk = NOTHING;
    // A generator that is still producing answers only when it has; nobody waits for it, and its failure is no news.
    this.#source?.return?.().then(undefined, () => {});
    this.#listeners.wake();
  }

  #pull(): void {
    if (this.#pulling || this.#ended || this.#chunk.length > 0) return;
    this.#pulling = true;
    void this.#fetch();
  }

  async #fetch(): Promise<void> {
    try {
      const { value, done } = await this.#source!.next();
      if (this.#ended) return;
      if (done) this.#ended = true;
      else this.#chunk = value;
    } catch {
      if (this.#ended) return;
      this.#ended = true;
      this.#failure = new IoError('the source of this stream failed');
    } finally {
      this.#pulling = false;
    }
    // An empty chunk is no news for a reader: ask again.
    if (!this.#ended && this.#chunk.length === 0) return this.#pull();
    this.#listeners.wake();
  }
}
