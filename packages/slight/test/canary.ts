import assert from 'node:assert/strict';

/** A secret that must be nowhere, and the forms in which it might be. */
export interface Canary {
  readonly value: string;
  /** @throws where a text has it in any form */
  assertAbsent(text: string | Uint8Array, where: string): void;
}

/**
 * A value with characters that URLs, JSON and shells write in other ways. What is looked for is also its core alone, which
 * stays together in all of them: most of what leaks is a part.
 * @param mark - letters and digits that stand nowhere else
 */
export function makeCanary(mark: string, value = `${mark}é"\\/@:%${mark}`): Canary {
  const forms = [...new Set([...formsOf(value), ...formsOf(mark)])];
  return {
    value,
    assertAbsent(text, where) {
      const read = (typeof text === 'string' ? text : Buffer.from(text).toString('latin1')).toLowerCase();
      for (const [form, needle] of forms.map((each) => each.split('\0') as [string, string]))
        assert.ok(
          !read.includes(needle.toLowerCase()),
          `${where} has ${mark}, ${form}:\n${text.slice(0, 4_000)}`,
        );
    },
  };
}

/** Each as `NAME\0TEXT`. Letters are compared without regard to case: hosts and digits of hex are written in both. */
function formsOf(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const bytes = Buffer.from(value);
  return [
    `plain\0${value}`,
    `plain in Latin-1\0${bytes.toString('latin1')}`,
    `in JSON\0${json}`,
    `in JSON twice\0${JSON.stringify(json).slice(1, -1)}`,
    `in ASCII JSON\0${json.replace(/[^ -~]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)}`,
    `in a URL\0${encodeURIComponent(value)}`,
    `as a user in a URL\0${Object.assign(new URL('x://h'), { username: value }).username}`,
    `in a form\0${new URLSearchParams({ a: value }).toString().slice(2)}`,
    `every byte percent-encoded\0${[...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')}`,
    `in hex\0${bytes.toString('hex')}`,
    ...[0, 1, 2].flatMap((shift) => {
      const text = base64Core(bytes, shift);
      return [`in base64, shifted by ${shift}\0${text}`, `in base64url, shifted by ${shift}\0${toUrl(text)}`];
    }),
  ];
}

/** What stands in base64 wherever the bytes begin behind `shift` others, whatever is before and after them. */
function base64Core(bytes: Uint8Array, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const end = (shift + bytes.length) % 3 === 0 ? text.length : text.length - 1;
  return text.slice(shift === 0 ? 0 : shift + 1, end);
}

function toUrl(text: string): string {
  return text.replaceAll('+', '-').replaceAll('/', '_');
}
