import { ComponentError } from '../api.ts';
import type { ComponentErrorCode } from '../api.ts';

const endOfFile = 'unexpected end-of-file in the middle of a definition';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the bytes of one region of a component, strictly: every way in which they can be broken is a
 * `ComponentError` that names the offset.
 */
export class Reader {
  readonly bytes: Uint8Array;
  readonly end: number;
  position: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  /** Ends the reading: `message` says what is wrong at `offset`. */
  fail(message: string, offset: number = this.position, code: ComponentErrorCode = 'malformed'): never {
    throw new ComponentError(code, `${message} (at byte ${offset})`, { offset });
  }

  /** Refuses a byte that is none of those that may begin a `what`. */
  failByte(byte: number, what: string, offset: number = this.position - 1): never {
    return this.fail(`invalid leading byte (0x${byte.toString(16)}) for ${what}`, offset);
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  byte(): number {
    if (this.position >= this.end) this.fail(endOfFile);
    return this.bytes[this.position++]!;
  }

  /** The next byte, left where it is. */
  peek(): number {
    if (this.position >= this.end) this.fail(endOfFile);
    return this.bytes[this.position]!;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    const start = this.position;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 0x0f) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return this.fail('integer too large: it does not fit into 32 bits', start);
  }

  /** Unsigned LEB128 of at most 64 bits. */
  u64(): bigint {
    const start = this.position;
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      if (shift === 63n && byte > 1) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return this.fail('integer too large: it does not fit into 64 bits', start);
  }

  /** How many elements follow. More than there are bytes left is refused before anything is allocated. */
  count(what: string): number {
    const start = this.position;
    const count = this.u32();
    if (count > this.end - this.position) {
      this.fail(
        `unexpected end-of-file: ${count} ${what} are announced, but only ${this.end - this.position} bytes follow`,
        start,
      );
    }
    return count;
  }

  vector<T>(what: string, read: () => T): T[] {
    const count = this.count(what);
    const items: T[] = [];
    for (let index = 0; index < count; index++) items.push(read());
    return items;
  }

  /** A region of its own, `size` bytes long, which the caller reads to its end. */
  region(size: number): Reader {
    const start = this.position;
    if (size > this.end - start) {
      this.fail(`unexpected end-of-file: ${size} bytes are announced, but only ${this.end - start} follow`);
    }
    this.position += size;
    return new Reader(this.bytes, start, start + size);
  }

  /** A length and that many bytes of UTF-8. */
  name(): string {
    const size = this.count('bytes of a name');
    const start = this.position;
    this.position += size;
    try {
      return utf8.decode(this.bytes.subarray(start, this.position));
    } catch {
      return this.fail('malformed UTF-8 encoding of a name', start);
    }
  }

  /** One byte that must be `0` or `1`. */
  flag(what: string): boolean {
    const start = this.position;
    const byte = this.byte();
    if (byte > 1) this.fail(`invalid boolean value: ${what} must be 0 or 1, not ${byte}`, start);
    return byte === 1;
  }

  /** A byte that says whether something follows, which is called `what` in messages. */
  optional<T>(what: string, read: () => T): T | undefined {
    const byte = this.byte();
    if (byte > 1) this.failByte(byte, what);
    return byte === 1 ? read() : undefined;
  }

  expect(value: number, what: string): void {
    const byte = this.byte();
    if (byte !== value) this.failByte(byte, what);
  }
}
