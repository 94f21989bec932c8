/**
 * UTF-8 as the Encoding Standard has it. The work is left to functions that are native in QuickJS, where a loop over
 * the bytes of a large text takes tens of times longer.
 */

/** From this length on the way through base64, native both ways, is shorter than a loop. */
const detour = 64;

/** The native functions go through forms that are several times longer: a large text goes piece by piece. */
const mostAtOnce = 0x8000;
/** An app's tests may run on a Node without. */
const hasBase64 = typeof Uint8Array.fromBase64 === 'function';

const utf8Labels: ReadonlySet<string> = new Set([
  'unicode-1-1-utf-8',
  'unicode11utf8',
  'unicode20utf8',
  'utf-8',
  'utf8',
  'x-unicode20utf8',
]);

/** Text to UTF-8. */
export class TextEncoder {
  get encoding(): string {
    return 'utf-8';
  }

  /** Halves of surrogate pairs become U+FFFD. */
  encode(input = ''): Uint8Array<ArrayBuffer> {
    const text = String(input);
    if (text.length <= mostAtOnce) return encodePiece(text);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < text.length;) {
      let end = Math.min(at + mostAtOnce, text.length);
      // A surrogate pair stays together.
      if (end < text.length && /[\ud800-\udbff]/.test(text.charAt(end - 1))) end--;
      pieces.push(encodePiece(text.slice(at, end)));
      at = end;
    }
    return concatenate(pieces);
  }

  /** Writes as many whole characters as fit. `read` counts UTF-16 units, `written` bytes. */
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number } {
    const text = String(source);
    const whole = this.encode(text);
    if (whole.length <= destination.length) {
      destination.set(whole);
      return { read: text.length, written: whole.length };
    }
    let read = 0;
    let written = 0;
    for (const character of text) {
      const bytes = this.encode(character);
      if (written + bytes.length > destination.length) break;
      destination.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }
}

/** UTF-8 to text. Other encodings are refused. */
export class TextDecoder {
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  /** The beginning of a character whose end has not come yet (`stream`). */
  #rest: Uint8Array = new Uint8Array(0);
  #started = false;

  constructor(label = 'utf-8', options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    const name = String(label).trim().toLowerCase();
    if (!utf8Labels.has(name))
      throw new RangeError(`TextDecoder knows UTF-8 only, not ${JSON.stringify(String(label))}`);
    this.fatal = options.fatal ?? false;
    this.ignoreBOM = options.ignoreBOM ?? false;
  }

  get encoding(): string {
    return 'utf-8';
  }

  /**
   * @throws {TypeError} with `fatal`, for bytes that are no UTF-8; otherwise U+FFFD stands in their place
   */
  decode(input?: ArrayBuffer | ArrayBufferView, options: { stream?: boolean } = {}): string {
    let bytes = this.#rest.length === 0 ? view(input) : concatenate([this.#rest, view(input)]);
    this.#rest = new Uint8Array(0);
    if (options.stream === true) {
      const whole = bytes.length - openLength(bytes);
      this.#rest = bytes.slice(whole);
      bytes = bytes.subarray(0, whole);
    }
    let text: string;
    try {
      text = decodeBytes(bytes, this.fatal);
    } catch (error) {
      this.#rest = new Uint8Array(0);
      this.#started = false;
      throw error;
    }
    if (!this.#started && text !== '') {
      if (!this.ignoreBOM && text.startsWith('\ufeff')) text = text.slice(1);
      this.#started = true;
    }
    if (options.stream !== true) this.#started = false;
    return text;
  }
}

function view(input: ArrayBuffer | ArrayBufferView | undefined): Uint8Array {
  if (input === undefined) return new Uint8Array(0);
  if (input instanceof Uint8Array) return input;
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  return new Uint8Array(input);
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function isAscii(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  return /^[\0-\x7f]*$/.test(text);
}

function encodePiece(text: string): Uint8Array<ArrayBuffer> {
  // eslint-disable-next-line no-control-regex
  const plain = text.search(/[^\0-\x7f]/);
  if (plain < 0) return binaryToBytes(text);
  const rest = unescape(encodeURIComponent(text.slice(plain).toWellFormed()));
  return binaryToBytes(text.slice(0, plain) + rest);
}

function binaryToBytes(binary: string): Uint8Array<ArrayBuffer> {
  if (binary.length > detour && hasBase64) return Uint8Array.fromBase64(btoa(binary));
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** A text with one character for each byte. */
export function bytesToBinary(bytes: Uint8Array): string {
  if (bytes.length > detour && hasBase64) return atob(bytes.toBase64());
  let binary = '';
  for (let at = 0; at < bytes.length; at += mostAtOnce)
    binary += String.fromCharCode(...bytes.subarray(at, at + mostAtOnce));
  return binary;
}

function decodeBytes(bytes: Uint8Array, fatal: boolean): string {
  if (bytes.length <= mostAtOnce) return decodePiece(bytes, fatal);
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length;) {
    let end = Math.min(at + mostAtOnce, bytes.length);
    if (end < bytes.length) end -= openLength(bytes.subarray(at, end));
    pieces.push(decodePiece(bytes.subarray(at, end), fatal));
    at = end;
  }
  return pieces.join('');
}

function decodePiece(bytes: Uint8Array, fatal: boolean): string {
  const binary = bytesToBinary(bytes);
  if (isAscii(binary)) return binary;
  try {
    return decodeURIComponent(escape(binary));
  } catch {
    if (fatal) throw new TypeError('the bytes are not UTF-8');
    return decodeWithReplacement(bytes);
  }
}

/** Each longest sequence that could have become a character gives one U+FFFD, as the standard's decoder has it. */
function decodeWithReplacement(bytes: Uint8Array): string {
  let text = '';
  let at = 0;
  while (at < bytes.length) {
    const { length, whole } = measure(bytes, at);
    text += whole ? decodeURIComponent(escape(bytesToBinary(bytes.subarray(at, at + length)))) : '\ufffd';
    at += length;
  }
  return text;
}

/** How many bytes from `at` belong together; whether they make a character, or end before it does (`open`). */
function measure(bytes: Uint8Array, at: number): { length: number; whole: boolean; open?: boolean } {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return { length: 1, whole: true };
  const wanted =
    first >= 0xc2 && first <= 0xdf
      ? 2
      : first >= 0xe0 && first <= 0xef
        ? 3
        : first >= 0xf0 && first <= 0xf4
          ? 4
          : 0;
  if (wanted === 0) return { length: 1, whole: false };
  // The second byte's range keeps out overlong forms, surrogates and what lies above U+10FFFF.
  let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  for (let length = 1; length < wanted; length++) {
    const byte = bytes[at + length];
    if (byte === undefined) return { length, whole: false, open: true };
    if (byte < low || byte > high) return { length, whole: false };
    low = 0x80;
    high = 0xbf;
  }
  return { length: wanted, whole: true };
}

/** Bytes at the end that begin a character which may still be completed. */
function openLength(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const at = bytes.length - back;
    const byte = bytes[at] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    return measure(bytes, at).open === true ? back : 0;
  }
  return 0;
}
