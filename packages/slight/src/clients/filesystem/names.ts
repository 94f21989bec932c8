import { hash } from 'node:crypto';

/**
 * File names for keys. The usual one is percent-encoded: two keys never share one, not on a file system that ignores
 * case or Unicode's forms either, and none leads out of its folder or means something to an operating system. Names
 * that other programs gave stand for the key that they spell.
 */

/** Bytes. File systems take 255 at most, some that encrypt names less. */
const longestName = 200;
/** Begins the hash that stands for the rest of a long key; no percent-encoded name has it. */
const hashMark = '~';
const hashedName = /~[0-9a-f]{64}$/;
/** Names of devices on Windows, also with an extension. */
const device = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/;

/** The usual file name of a key. */
export function nameOfKey(key: string): string {
  let name = '';
  for (const byte of Buffer.from(key)) name += spelling[byte];
  if (name.startsWith('.') || device.test(name)) name = escape(name.charCodeAt(0)) + name.slice(1);
  if (name.endsWith('.')) name = name.slice(0, -1) + escape(0x2e);
  if (name.length <= longestName) return name;
  return name.slice(0, 100) + hashMark + hash('sha256', key);
}

/**
 * The key that a file stands for, or undefined where it stands for none. Of a long key only `readKey` knows the rest.
 * @param readKey gives the key that is kept beside the file
 */
export function keyOfName(name: string, readKey: (name: string) => string | undefined): string | undefined {
  if (hashedName.test(name)) {
    const key = readKey(name);
    return key !== undefined && nameOfKey(key) === name ? key : undefined;
  }
  const key = decode(name);
  if (key !== undefined && nameOfKey(key) === name) return key;
  return mayBeForeign(name) ? name : undefined;
}

/** The other name under which another program may keep a key: the key itself, where no other key has that name. */
export function foreignName(key: string): string | undefined {
  const name = nameOfKey(key);
  if (name === key || !mayBeForeign(key) || hashedName.test(key)) return undefined;
  const other = decode(key);
  return other !== undefined && nameOfKey(other) === key ? undefined : key;
}

/** Hidden files are those of tools and of this backend; U+FFFD is in names that are no UTF-8. */
function mayBeForeign(name: string): boolean {
  return !/^\.|[/\0\ufffd]/.test(name) && Buffer.byteLength(name) <= 255 && !hasSeparator(name);
}

function hasSeparator(name: string): boolean {
  return process.platform === 'win32' && /[\\:]/.test(name);
}

function decode(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}

function escape(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

const spelling = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /[a-z0-9_.-]/.test(character) ? character : escape(byte);
});
