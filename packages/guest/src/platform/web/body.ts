import { TextDecoder, TextEncoder } from '../text.ts';
import type { URLSearchParams } from '../url.ts';

/** What a body can be made of. */
export type BodySource = string | ArrayBuffer | ArrayBufferView | InstanceType<typeof URLSearchParams> | null;

/** The body of a Request or Response, whole: there are no streams here. It can be read once. */
export class Body {
  readonly #bytes: Uint8Array | undefined;
  /** The media type that follows from what the body was made of. */
  protected readonly bodyType: string | undefined;
  #used = false;

  constructor(source: BodySource | Body | undefined) {
    if (source instanceof Body) this.#bytes = source.#bytes;
    else if (source !== undefined && source !== null) [this.#bytes, this.bodyType] = readSource(source);
  }

  /** Whether it has been read. */
  get bodyUsed(): boolean {
    return this.#used;
  }

  async bytes(): Promise<Uint8Array> {
    if (this.#used) throw new TypeError('the body has been read already; clone() before reading it twice');
    this.#used = this.#bytes !== undefined;
    return this.#bytes ?? new Uint8Array(0);
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
  protected requireUnused(): void {
    if (this.#used) throw new TypeError('the body has been read already, and cannot be cloned');
  }
}

function readSource(source: Exclude<BodySource, null>): [Uint8Array, string | undefined] {
  if (source instanceof ArrayBuffer) return [new Uint8Array(source.slice(0)), undefined];
  if (ArrayBuffer.isView(source))
    return [new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice(), undefined];
  // The class itself would bring its parser along.
  const form = typeof source === 'object' && 'getAll' in source;
  const type = form ? 'application/x-www-form-urlencoded' : 'text/plain';
  return [new TextEncoder().encode(String(source)), `${type};charset=UTF-8`];
}
