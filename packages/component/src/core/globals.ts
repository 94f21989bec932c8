import type { Reader } from '../binary/reader.ts';

/** The mutable globals that a module defines. */
export interface MutableGlobals {
  /** Indexes of those that are an i32, i64, f32 or f64: JavaScript can read and set them. */
  readonly numeric: readonly number[];
  /** Whether there are others. */
  readonly other: boolean;
}

const NUMERIC = new Set([0x7c, 0x7d, 0x7e, 0x7f]);
const MUTABLE = 1;

/**
 * Reads the global section of a valid module.
 *
 * @param first index of the first global that it defines
 */
export function listMutableGlobals(reader: Reader, count: number, first: number): MutableGlobals {
  const numeric: number[] = [];
  let other = false;
  for (let index = 0; index < count; index++) {
    const type = reader.byte();
    if (type === 0x63 || type === 0x64) skipNumber(reader);
    if (reader.byte() & MUTABLE) {
      if (NUMERIC.has(type)) numeric.push(first + index);
      else other = true;
    }
    // What comes behind an expression that cannot be followed is not known.
    if (!skipConstant(reader)) return { numeric, other: true };
  }
  return { numeric, other };
}

function skipNumber(reader: Reader): void {
  while (reader.byte() >= 0x80);
}

function skipBytes(reader: Reader, count: number): void {
  for (; count > 0; count--) reader.byte();
}

/** Past a constant expression. @returns false at an instruction that is not known */
export function skipConstant(reader: Reader): boolean {
  for (;;) {
    switch (reader.byte()) {
      case 0x0b: // end
        return true;
      case 0x23: // global.get
      case 0x41: // i32.const
      case 0x42: // i64.const
      case 0xd0: // ref.null
      case 0xd2: // ref.func
        skipNumber(reader);
        break;
      case 0x43: // f32.const
        skipBytes(reader, 4);
        break;
      case 0x44: // f64.const
        skipBytes(reader, 8);
        break;
      case 0x6a: // i32.add, i32.sub, i32.mul
      case 0x6b:
      case 0x6c:
      case 0x7c: // i64.add, i64.sub, i64.mul
      case 0x7d:
      case 0x7e:
        break;
      case 0xfd: // v128.const
        skipNumber(reader);
        skipBytes(reader, 16);
        break;
      default: // those that make objects
        return false;
    }
  }
}
