import { hashedPart, slotOf } from '../../../clients/redis-slot.ts';

/** Where a value, its version and its fences lie. All hash to one slot, so that a script may use them on a cluster. */
export interface RedisKeys {
  readonly value: string;
  readonly version: string;
  readonly fences: string;
}

/**
 * What stands before the keys of a store. The name is percent-encoded: no name holds a `:` then, so no two stores
 * share a key, nor a `{`, with which the keys of versions begin.
 */
export function storePrefix(name: string): string {
  return `${encodeURIComponent(name)}:`;
}

/** `value` is the plain `<name>:<key>`, which other programs can read and write. */
export function locate(prefix: string, key: string): RedisKeys {
  const value = prefix + key;
  const hashed = hashedPart(value);
  if (hashed === value && !value.includes('}'))
    return { value, version: `{${value}}:version`, fences: `{${value}}:fences` };
  const tag = hashed.includes('}') ? sameSlot(hashed) : hashed;
  return { value, version: `{${tag}}:version:${value}`, fences: `{${tag}}:fences:${value}` };
}

/** A pattern for `SCAN` that matches what begins with `text`. */
export function matchPrefix(text: string): string {
  return `${matchKey(text)}*`;
}

/** A pattern that matches this text alone. */
export function matchKey(text: string): string {
  return text.replaceAll(/[*?[\]\\]/g, String.raw`\$&`);
}

/** Braces cannot enclose a text that holds a `}`; then the first number with the same slot stands for it. */
function sameSlot(text: string): string {
  const slot = slotOf(text);
  for (let number = 0; ; number++) if (slotOf(String(number)) === slot) return String(number);
}
