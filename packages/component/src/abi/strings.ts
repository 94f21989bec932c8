import { trapAbi } from '../runtime/trap.ts';
import { type Codec, mismatch } from './codec.ts';
import { MAX_BYTES, RANGE_LAYOUT } from './layout.ts';
import { type AbiContext, allocate, checkBlock, checkLength, spendBudget, textCodec } from './memory.ts';
import type { CanonOptions } from './model.ts';

/** In `latin1+utf16`, set in the length of a string that is UTF-16. */
const UTF16_TAG = 0x8000_0000;

/** Up to here a loop over code units is quicker than a call into the platform. Measured on Node 26. */
const SHORT = 16;

type Units = { pointer: number; length: number };

/** Where the string went that was lowered last. It is read at once, before anything else can run. */
const placed: Units = { pointer: 0, length: 0 };

function readUtf8(cx: AbiContext, pointer: number, length: number): string {
  checkString(cx, pointer, length, 1);
  if (length === 0) return '';
  const text = textCodec.decodeUtf8(cx.memory.text, pointer, pointer + length);
  return text ?? trapAbi(describeBadUtf8(cx.memory.bytes.slice(pointer, pointer + length)));
}

/** A sequence that the end of the string cuts off is told apart from bytes that are wrong wherever they stand. */
function describeBadUtf8(bytes: Uint8Array): string {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return 'incomplete utf-8 byte sequence at the end of a string';
  } catch {
    return 'invalid utf-8 encoding of a string';
  }
}

function writeUtf8(cx: AbiContext, text: string): void {
  const units = text.length;
  if (units <= SHORT && isAscii(text)) {
    const pointer = allocateString(cx, 1, units);
    const { bytes } = cx.memory;
    for (let i = 0; i < units; i++) bytes[pointer + i] = text.charCodeAt(i);
    placed.length = units;
    return;
  }
  const length = textCodec.lengthUtf8(text);
  const pointer = allocateString(cx, 1, length);
  textCodec.writeUtf8(cx.memory.text, text, pointer, length);
  placed.length = length;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

function readUtf16(cx: AbiContext, pointer: number, units: number): string {
  checkString(cx, pointer, units * 2, 2);
  const { view } = cx.memory;
  const codes: number[] = [];
  let text = '';
  for (let i = 0; i < units; i++) {
    codes.push(view.getUint16(pointer + i * 2, true));
    if (codes.length === 4096) text += String.fromCharCode(...codes.splice(0));
  }
  text += String.fromCharCode(...codes);
  return text.isWellFormed() ? text : trapAbi('invalid utf-16 encoding of a string: unpaired surrogate');
}

function writeUtf16(cx: AbiContext, text: string): void {
  const whole = text.toWellFormed();
  const pointer = allocateString(cx, 2, whole.length * 2);
  const { view } = cx.memory;
  for (let i = 0; i < whole.length; i++) view.setUint16(pointer + i * 2, whole.charCodeAt(i), true);
  placed.length = whole.length;
}

function readLatin1OrUtf16(cx: AbiContext, pointer: number, tagged: number): string {
  if (tagged >= UTF16_TAG) return readUtf16(cx, pointer, tagged - UTF16_TAG);
  checkString(cx, pointer, tagged, 2);
  return textCodec.decodeLatin1(cx.memory.text, pointer, pointer + tagged);
}

function writeLatin1OrUtf16(cx: AbiContext, text: string): void {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) <= 0xff) continue;
    writeUtf16(cx, text);
    placed.length += UTF16_TAG;
    return;
  }
  const pointer = allocateString(cx, 2, text.length);
  const { bytes } = cx.memory;
  for (let i = 0; i < text.length; i++) bytes[pointer + i] = text.charCodeAt(i);
  placed.length = text.length;
}

function checkString(cx: AbiContext, pointer: number, size: number, align: number): void {
  checkLength(pointer, size, 'string');
  checkBlock(cx, pointer, align, size, 'string');
  spendBudget(cx, size);
}

function allocateString(cx: AbiContext, align: number, size: number): number {
  if (size > 2 * MAX_BYTES) trapAbi(`string of ${size} bytes is too long to lower`);
  return (placed.pointer = allocate(cx, align, size, 'string'));
}

/** The codec of `string`. One for each encoding, so that no call asks for it. */
export function compileString(encoding: CanonOptions['encoding']): Codec {
  const [read, write] =
    encoding === 'utf8'
      ? [readUtf8, writeUtf8]
      : encoding === 'utf16'
        ? [readUtf16, writeUtf16]
        : [readLatin1OrUtf16, writeLatin1OrUtf16];
  return {
    ...RANGE_LAYOUT,
    load: (cx, at) => read(cx, cx.memory.view.getUint32(at, true), cx.memory.view.getUint32(at + 4, true)),
    store(cx, at, value) {
      write(cx, value);
      cx.memory.view.setUint32(at, placed.pointer, true);
      cx.memory.view.setUint32(at + 4, placed.length, true);
    },
    lift: (cx, core, from) => read(cx, core[from] >>> 0, core[from + 1] >>> 0),
    lower(cx, value, core) {
      write(cx, value);
      core.push(placed.pointer, placed.length);
    },
    lift2: (cx, pointer, length) => read(cx, pointer >>> 0, length >>> 0),
    check: (_, value) => (typeof value === 'string' ? undefined : mismatch('a string', value)),
  };
}
