import { TextDecoder, TextEncoder } from '../text.ts';
import type { URLSearchParams } from '../url.ts';
import { BodyStream } from './body-stream.ts';

/** What a body can be made of. Pieces of text are sent as UTF-8. */
export type BodySource =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | InstanceType<typeof URLSearchParams>
  | AsyncIterable<Uint8Array | string>
  | null;

/** What a request sends: all of it, or pieces. Nobody else reads it then. */
export let takeBody: (body: Body) => Uint8Array | AsyncIterable<Uint8Array | string> | undefined;

/** The body of a Request or Response: whole, or on its way. It can be read once. */
export class Body {
  readonly #bytes: Uint8Array | undefined;
  /** Made of pieces: it comes as it is read. */
  readonly #source: AsyncIterable<Uint8Array | string> | undefined;
  #stream: BodyStream | undefined;
  /** The media type that follows from what the body was made of. */
  protected readonly bodyType: string | undefined;
  #used = false;

  static {
    takeBody = (body) => {
      body.requireUnused('sent');
      body.#used = body.#bytes !== undefined || body.#source !== undefined;
      return body.#bytes ?? body.#source;
    };
  }

  constructor(source: BodySource | Body | undefined) {
    if (source instanceof Body) {
      this.#bytes = source.#bytes;
      this.#source = source.#take();
    } else if (isPieces(source)) this.#source = source;
    else if (source !== undefined && source !== null) [this.#bytes, this.bodyType] = readSource(source);
  }

  /** Whether it has been read. */
  get bodyUsed(): boolean {
    return this.#used || this.#stream?.begun === true;
  }

  /** The body piece by piece; null where there is none. */
  get body(): BodyStream | null {
    if (this.#bytes === undefined && this.#source === undefined) return null;
    this.#stream ??= this.#source instanceof BodyStream ? this.#source : this.#open();
    return this.#stream;
  }

  async bytes(): Promise<Uint8Array> {
    this.requireUnused('read again');
    if (this.#source === undefined) {
      this.#used = this.#bytes !== undefined;
      return this.#bytes ?? new Uint8Array(0);
    }
    return join(await this.body!.readAll());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).slice().buffer;
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /** @throws {SyntaxError} where it is no JSON */
  async json(): Promise<any> {
    return JSON.parse(await this.text());
  }

  /** @throws {TypeError} where the body has been read */
  protected requireUnused(what: string): void {
    if (this.bodyUsed || this.#stream?.locked === true)
      throw new TypeError(`the body has been read already, and cannot be ${what}`);
  }

  /** @throws {TypeError} where the body comes in pieces, which nobody keeps */
  protected requireWhole(): void {
    this.requireUnused('cloned');
    if (this.#source !== undefined)
      throw new TypeError(
        'a body that comes in pieces cannot be cloned: read it, and make another of the bytes',
      );
  }

  /** The pieces, for a body that takes the place of this one. */
  #take(): AsyncIterable<Uint8Array | string> | undefined {
    if (this.#source === undefined) return undefined;
    this.requireUnused('sent');
    this.#used = true;
    return this.#source;
  }

  #open(): BodyStream {
    const pieces = this.#source?.[Symbol.asyncIterator]();
    let left = this.#bytes;
    return new BodyStream({
      next: async () => {
        if (pieces !== undefined) {
          const { done, value } = await pieces.next();
          if (done === true) return undefined;
          return typeof value === 'string' ? new TextEncoder().encode(value) : value;
        }
        const all = left;
        left = undefined;
        return all === undefined || all.length === 0 ? undefined : all;
      },
      cancel: () => void pieces?.return?.(),
    });
  }
}

function isPieces(source: unknown): source is AsyncIterable<Uint8Array | string> {
  return typeof source === 'object' && source !== null && Symbol.asyncIterator in source;
}

function readSource(
  source: Exclude<BodySource, AsyncIterable<unknown> | null>,
): [Uint8Array, string | undefined] {
  if (source instanceof ArrayBuffer) return [new Uint8Array(source.slice(0)), undefined];
  if (ArrayBuffer.isView(source))
    return [new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice(), undefined];
  // The class itself would bring its parser along.
  const form = typeof source === 'object' && 'getAll' in source;
  const type = form ? 'application/x-www-form-urlencoded' : 'text/plain';
  return [new TextEncoder().encode(String(source)), `${type};charset=UTF-8`];
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
