const utf8 = new TextEncoder();

/** Bytes of a module under construction, in one buffer that grows. */
export class Writer {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
  }

  #reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.bytes[this.length++] = value;
  }

  /** Unsigned LEB128. Above 32 bits too: sizes of 64-bit memories. */
  unsigned(value: number): void {
    this.#reserve(10);
    while (value >= 0x80) {
      this.bytes[this.length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.bytes[this.length++] = value;
  }

  name(text: string): void {
    const bytes = utf8.encode(text);
    this.unsigned(bytes.length);
    this.copy(bytes);
  }

  copy(source: ArrayLike<number> & { subarray?: unknown }, start = 0, end: number = source.length): void {
    const count = end - start;
    this.#reserve(count);
    if (count > 64 && source instanceof Uint8Array) {
      this.bytes.set(source.subarray(start, end), this.length);
      this.length += count;
      return;
    }
    // Shorter runs are faster byte by byte: a subarray is an allocation.
    const target = this.bytes;
    let to = this.length;
    for (let from = start; from < end; from++) target[to++] = source[from]!;
    this.length = to;
  }

  /** A section: its size is known when `fill` has run, so it is written in five bytes, which is valid. */
  section(id: number, fill: () => void): void {
    this.byte(id);
    this.#reserve(5);
    const at = this.length;
    this.length += 5;
    fill();
    let size = this.length - at - 5;
    for (let index = 0; index < 4; index++) {
      this.bytes[at + index] = (size & 0x7f) | 0x80;
      size >>>= 7;
    }
    this.bytes[at + 4] = size;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }
}

/** How many bytes `value` takes as unsigned LEB128. At most 32 bits. */
export function sizeOfUnsigned(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}
