/** One step of reading. */
export type BodyStep = { done: false; value: Uint8Array } | { done: true; value: undefined };

/** What `getReader` gives. */
export interface BodyReader {
  read(): Promise<BodyStep>;
  cancel(reason?: unknown): Promise<void>;
  releaseLock(): void;
}

/** Where the bytes of a body come from. */
export interface BodyPieces {
  /** The next piece; undefined at the end. */
  next(): Promise<Uint8Array | undefined>;
  /** No more is wanted. */
  cancel(): void;
}

/**
 * A body as it comes: `for await (const piece of response.body)`, or piece by piece with `getReader()`. Of the Web's
 * ReadableStream it has what reading takes.
 */
export class BodyStream implements AsyncIterable<Uint8Array> {
  readonly #pieces: BodyPieces;
  #locked = false;
  #ended = false;
  #begun = false;

  constructor(pieces: BodyPieces) {
    this.#pieces = pieces;
  }

  /** Whether a reader has it. */
  get locked(): boolean {
    return this.#locked;
  }

  /** Whether anything of it has been read. */
  get begun(): boolean {
    return this.#begun;
  }

  /** @throws {TypeError} where a reader has it */
  getReader(): BodyReader {
    if (this.#locked) throw new TypeError('the body is being read already');
    this.#locked = true;
    const held = <T>(use: () => T): T => {
      if (this.#locked) return use();
      throw new TypeError('this reader has released its lock');
    };
    return {
      read: () =>
        held(async (): Promise<BodyStep> => {
          const value = await this.#next();
          return value === undefined ? { done: true, value: undefined } : { done: false, value };
        }),
      cancel: () => held(async () => this.#stop()),
      releaseLock: () => void (this.#locked = false),
    };
  }

  /** All that is left, piece by piece. */
  async readAll(): Promise<Uint8Array[]> {
    const reader = this.getReader();
    const pieces: Uint8Array[] = [];
    for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) pieces.push(piece);
    reader.releaseLock();
    return pieces;
  }

  /** Reads no further: the server is told. */
  async cancel(_reason?: unknown): Promise<void> {
    if (this.#locked) throw new TypeError('the body is being read: cancel its reader');
    this.#stop();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = this.getReader();
    try {
      for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) yield piece;
    } finally {
      reader.releaseLock();
      // A loop that is left wants no more.
      this.#stop();
    }
  }

  async #next(): Promise<Uint8Array | undefined> {
    this.#begun = true;
    if (this.#ended) return undefined;
    const piece = await this.#pieces.next();
    if (piece === undefined) this.#ended = true;
    return piece;
  }

  #stop(): void {
    this.#begun = true;
    if (this.#ended) return;
    this.#ended = true;
    this.#pieces.cancel();
  }
}
