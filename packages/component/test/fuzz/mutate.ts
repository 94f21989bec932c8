import type { Random } from './random.ts';

interface Section {
  readonly id: number;
  content: Uint8Array;
}

const PREAMBLE = 8;
const CORE_MODULE = 1;
const COMPONENT = 4;
/** Bytes that mean something in many places: kinds, sorts, edges of numbers. */
const TELLING = [
  0x00, 0x01, 0x02, 0x03, 0x0f, 0x12, 0x3f, 0x40, 0x60, 0x68, 0x69, 0x70, 0x73, 0x7f, 0x80, 0xff,
];
/** Numbers at the edges of what LEB128 may hold, and one that never ends. */
const NUMBERS = [
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0x7f],
  [0x80, 0x80, 0x80, 0x80, 0x00],
  [0xff, 0xff, 0xff, 0xff, 0x07],
  [0x80, 0x80, 0x04],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
];

/**
 * A component that is broken in one to four places. Half of the time sizes of sections are set right afterwards, so that
 * what is broken lies deeper than where the first reader stops.
 */
export function mutate(component: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let bytes = component;
  for (let count = 1 + random.below(4); count > 0; count--) {
    bytes = random.oneIn(2) ? mutateBytes(bytes, other, random) : mutateSections(bytes, other, random, 0);
  }
  return bytes;
}

function mutateBytes(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  const length = random.below(Math.min(64, bytes.length - at) + 1);
  switch (random.below(8)) {
    case 0:
      return change(bytes, at, (byte) => byte ^ (1 << random.below(8)));
    case 1:
      return change(bytes, at, () => random.pick(TELLING));
    case 2:
      return change(bytes, at, (byte) => byte + (random.oneIn(2) ? 1 : -1));
    case 3:
      return splice(bytes, at, length, []);
    case 4:
      return splice(bytes, at, 0, bytes.subarray(at, at + length));
    case 5:
      return splice(bytes, at, random.below(6), random.pick(NUMBERS));
    case 6: {
      const from = random.below(other.length);
      return splice(bytes, at, length, other.subarray(from, from + length));
    }
    default:
      return random.oneIn(8) ? bytes.subarray(0, at) : change(bytes, at, () => random.below(256));
  }
}

/** Breaks the inside of one section, or the order of all of them; those of components within as well. */
function mutateSections(bytes: Uint8Array, other: Uint8Array, random: Random, depth: number): Uint8Array {
  const sections = readSections(bytes);
  if (sections === undefined || sections.length === 0) return mutateBytes(bytes, other, random);
  const at = random.below(sections.length);
  switch (random.below(10)) {
    case 0:
      sections.splice(at, 1);
      break;
    case 1:
      sections.splice(random.below(sections.length + 1), 0, sections[at]!);
      break;
    case 2: {
      const second = random.below(sections.length);
      [sections[at], sections[second]] = [sections[second]!, sections[at]!];
      break;
    }
    case 3: {
      const given = readSections(other);
      if (given !== undefined && given.length > 0) sections.splice(at, 0, random.pick(given));
      break;
    }
    default: {
      // Code is the largest part by far: it would get nearly all of what is broken.
      const small = sections.filter(({ id }) => id !== CORE_MODULE);
      const section = small.length > 0 && !random.oneIn(4) ? random.pick(small) : sections[at]!;
      const nested = section.id === COMPONENT && depth < 8;
      section.content = nested
        ? mutateSections(section.content, other, random, depth + 1)
        : mutateBytes(section.content, other, random);
    }
  }
  return writeSections(bytes.subarray(0, PREAMBLE), sections);
}

/** @returns undefined where the bytes are not sections from end to end */
function readSections(bytes: Uint8Array): Section[] | undefined {
  const sections: Section[] = [];
  for (let at = PREAMBLE; at < bytes.length;) {
    const id = bytes[at++]!;
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 28) return undefined;
      size += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    if (at + size > bytes.length) return undefined;
    sections.push({ id, content: bytes.subarray(at, (at += size)) });
  }
  return sections;
}

function writeSections(preamble: Uint8Array, sections: readonly Section[]): Uint8Array {
  const parts = sections.flatMap(({ id, content }) => [
    new Uint8Array([id, ...leb(content.length)]),
    content,
  ]);
  return join([preamble, ...parts]);
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

function change(bytes: Uint8Array, at: number, to: (byte: number) => number): Uint8Array {
  const changed = bytes.slice();
  if (at < bytes.length) changed[at] = to(bytes[at]!);
  return changed;
}

function splice(bytes: Uint8Array, at: number, removed: number, added: ArrayLike<number>): Uint8Array {
  return join([bytes.subarray(0, at), Uint8Array.from(added), bytes.subarray(at + removed)]);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
