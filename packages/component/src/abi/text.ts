/** UTF-8 and Latin-1 at the speed of the platform. Views are of whole memories: making one for each call is dear. */
export interface TextCodec {
  view(buffer: ArrayBuffer): Uint8Array<ArrayBuffer>;
  /** @returns undefined where the bytes are not UTF-8 */
  decodeUtf8(view: Uint8Array, start: number, end: number): string | undefined;
  decodeLatin1(view: Uint8Array, start: number, end: number): string;
  /** Bytes that `writeUtf8` writes; lone surrogates count as U+FFFD. */
  lengthUtf8(text: string): number;
  writeUtf8(view: Uint8Array, text: string, at: number, length: number): void;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** What every platform has. */
export function createStandardCodec(): TextCodec {
  return {
    view: (buffer) => new Uint8Array(buffer),
    decodeUtf8: (view, start, end) => decodeStrictly(view.subarray(start, end)),
    decodeLatin1(view, start, end) {
      let text = '';
      // In pieces, since arguments are limited by the stack.
      for (let at = start; at < end; at += 4096) {
        text += String.fromCharCode(...view.subarray(at, Math.min(end, at + 4096)));
      }
      return text;
    },
    lengthUtf8(text) {
      let length = text.length;
      for (let i = 0; i < text.length; i++) {
        const unit = text.charCodeAt(i);
        if (unit < 0x80) continue;
        length++;
        if (unit < 0x800) continue;
        length++;
        // A pair is four bytes; a surrogate alone is written as U+FFFD, which is three.
        if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) i++;
      }
      return length;
    },
    writeUtf8(view, text, at, length) {
      encoder.encodeInto(text, view.subarray(at, at + length));
    },
  };
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

interface NodeBuffer extends Uint8Array<ArrayBuffer> {
  utf8Slice(start: number, end: number): string;
  latin1Slice(start: number, end: number): string;
  utf8Write(text: string, at: number, length: number): number;
}

interface NodeBufferConstructor {
  from(buffer: ArrayBuffer): NodeBuffer;
  byteLength(text: string): number;
}

/** Node's buffers: about twice as fast on short texts. */
export function createNodeCodec(buffers: NodeBufferConstructor): TextCodec {
  return {
    view: (buffer) => buffers.from(buffer),
    decodeUtf8(view, start, end) {
      const text = (view as NodeBuffer).utf8Slice(start, end);
      // Bad bytes come out as U+FFFD, which may also be what was written.
      return text.includes('\ufffd') ? decodeStrictly(view.subarray(start, end)) : text;
    },
    decodeLatin1: (view, start, end) => (view as NodeBuffer).latin1Slice(start, end),
    lengthUtf8: (text) => buffers.byteLength(text),
    writeUtf8(view, text, at, length) {
      (view as NodeBuffer).utf8Write(text, at, length);
    },
  };
}

/** Node's codec where its buffers are there, else the standard one. */
export function detectTextCodec(): TextCodec {
  const buffers = (
    globalThis as unknown as { Buffer?: NodeBufferConstructor & { prototype: Partial<NodeBuffer> } }
  ).Buffer;
  const { utf8Slice, utf8Write, latin1Slice } = buffers?.prototype ?? {};
  return buffers && utf8Slice && utf8Write && latin1Slice ? createNodeCodec(buffers) : createStandardCodec();
}
