import type { Request as WitRequest } from 'spiderlightning:cloud/http-types@0.6.0';
import { HttpError } from './error.ts';
import { parts } from './live.ts';
import { TextDecoder, TextEncoder } from './platform/text.ts';

/** The headers of a request. Names are looked up without regard to case. */
export class RequestHeaders implements Iterable<readonly [string, string]> {
  readonly #pairs: readonly (readonly [string, string])[];

  constructor(pairs: readonly (readonly [string, string])[]) {
    this.#pairs = pairs;
  }

  /** The value; several of one name are joined by `, `. Undefined where there is none. */
  get(name: string): string | undefined {
    const values = this.getAll(name);
    return values.length === 0 ? undefined : values.join(', ');
  }

  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    const pairs = this.#pairs;
    const values: string[] = [];
    // By index: taking pairs apart takes QuickJS several times as long.
    for (let index = 0; index < pairs.length; index++) {
      const pair = pairs[index]!;
      if (pair[0] === wanted) values.push(pair[1]);
    }
    return values;
  }

  has(name: string): boolean {
    return this.getAll(name).length > 0;
  }

  [Symbol.iterator](): Iterator<readonly [string, string]> {
    return this.#pairs[Symbol.iterator]();
  }
}

/**
 * The parameters of a request's URL, to read. (A whole URLSearchParams is a global too; an app that does not name it
 * does not carry it.)
 */
export class RequestQuery implements Iterable<readonly [string, string]> {
  readonly #pairs: readonly (readonly [string, string])[];

  /** `text` is what follows the `?`. Percent signs that encode no UTF-8 become U+FFFD or stay, as on the Web. */
  constructor(text: string) {
    this.#pairs = text
      .split('&')
      .filter((part) => part !== '')
      .map((part) => {
        const equals = part.indexOf('=');
        if (equals < 0) return [decodeForm(part), ''] as const;
        return [decodeForm(part.slice(0, equals)), decodeForm(part.slice(equals + 1))] as const;
      });
  }

  /** The first value of that name. */
  get(name: string): string | undefined {
    return this.#pairs.find(([key]) => key === name)?.[1];
  }

  getAll(name: string): string[] {
    return this.#pairs.filter(([key]) => key === name).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.#pairs.some(([key]) => key === name);
  }

  [Symbol.iterator](): Iterator<readonly [string, string]> {
    return this.#pairs[Symbol.iterator]();
  }
}

/** Bytes that are asked for at once. */
const pieceSize = 64 * 1024;

/** A request as a handler sees it. `P` is what the route's pattern names. */
export class GuestRequest<P = { readonly [name: string]: string }> {
  /** Upper case. */
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  /** The URL's path, as it came: percent-encoded. */
  readonly path: string;
  /** The parts of the path that the pattern names, decoded. */
  readonly params: P;
  /** Address of the client, without its port. */
  readonly remote: string;
  /** The host's name for this request, also in its log. */
  readonly id: string;
  /** Undefined while it is on its way. */
  #body: Uint8Array | undefined;
  #begun = false;
  #query: RequestQuery | undefined;
  #headers: RequestHeaders | undefined;
  readonly #pairs: WitRequest['headers'];

  /** `path`: that of the request's URL. */
  constructor(request: WitRequest, params: P, path: string = pathOf(request.url)) {
    this.method = request.method;
    this.url = request.url;
    this.path = path;
    this.params = params;
    this.#pairs = request.headers;
    this.remote = request.remote;
    this.id = request.id;
    this.#body = request.body.tag === 'bytes' ? request.body.val : undefined;
  }

  get headers(): RequestHeaders {
    this.#headers ??= new RequestHeaders(this.#pairs);
    return this.#headers;
  }

  /** The parameters after the `?`. */
  get query(): RequestQuery {
    this.#query ??= new RequestQuery(queryOf(this.url));
    return this.#query;
  }

  /** The body, whole. */
  async bytes(): Promise<Uint8Array> {
    this.#body ??= join([...this.pieces()]);
    return this.#body;
  }

  /** The body as it comes, for `bodyOf`. */
  *pieces(): Generator<Uint8Array, void, undefined> {
    if (this.#body !== undefined) {
      if (this.#body.length > 0) yield this.#body;
      return;
    }
    if (this.#begun) throw new Error('the body of this request was read before, piece by piece');
    this.#begun = true;
    for (let piece = parts.read?.(pieceSize) ?? null; piece !== null; piece = parts.read?.(pieceSize) ?? null)
      yield piece;
  }

  /** The body as UTF-8. @throws {HttpError} 400 where it is none */
  async text(): Promise<string> {
    const body = await this.bytes();
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(body);
    } catch {
      throw new HttpError(400, 'the body is not UTF-8 text');
    }
  }

  /** The body as JSON; its shape is for the handler to check. @throws {HttpError} 400 where it is no JSON */
  async json<T = unknown>(): Promise<T> {
    const body = await this.text();
    if (body.trim() === '') throw new HttpError(400, 'the body is empty; send JSON');
    try {
      return JSON.parse(body) as T;
    } catch (error) {
      throw new HttpError(400, `the body is not JSON: ${(error as Error).message}`);
    }
  }
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The path of an absolute URL, without parsing the rest of it. */
export function pathOf(url: string): string {
  const scheme = url.indexOf('://');
  const start = url.indexOf('/', scheme < 0 ? 0 : scheme + 3);
  if (start < 0) return '/';
  const hash = url.indexOf('#', start);
  const query = url.indexOf('?', start);
  const end = hash < 0 ? query : query < 0 ? hash : Math.min(hash, query);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}

function queryOf(url: string): string {
  const [before = ''] = url.split('#', 1);
  const mark = before.indexOf('?');
  return mark < 0 ? '' : before.slice(mark + 1);
}

function decodeForm(part: string): string {
  const spaced = part.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return decodeLoosely(spaced);
  }
}

/** What decodeURIComponent refuses: stray percent signs, and bytes that are no UTF-8. */
function decodeLoosely(part: string): string {
  const bytes: number[] = [];
  for (let at = 0; at < part.length; at++) {
    const hex = /^%[0-9a-f]{2}/i.exec(part.slice(at, at + 3));
    if (hex !== null) {
      bytes.push(Number.parseInt(hex[0].slice(1), 16));
      at += 2;
      continue;
    }
    const character = String.fromCodePoint(part.codePointAt(at) ?? 0);
    bytes.push(...new TextEncoder().encode(character));
    at += character.length - 1;
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array(bytes));
}
