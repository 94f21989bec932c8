import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

/** Bytes of a key. */
export const keySize = 32;

const version = 'slight-secrets-1';
const [ivSize, tagSize, markSize] = [12, 16, 16];

/** Why an entry gives no value. */
export type Refusal = 'moved' | 'changed';

/** Encrypts and decrypts the entries of one file with one key. */
export interface Cipher {
  /** What tells that the key is the file's. */
  readonly check: string;
  /** A value as it is written down under a name: `v1.` and mark, IV, text and tag. */
  seal(name: string, value: string): string;
  /** The value; or that the entry was written for another name or file, or is not what was written. */
  unseal(name: string, entry: string): { readonly value: string } | Refusal;
}

/**
 * AES-256-GCM with a random IV for each entry; file and name are the additional data. Both keys that are at work here are
 * derived from the one that is kept, for this file alone, so that one key may serve several files.
 * @param id - the file's own, that it was made with
 */
export function makeCipher(key: Uint8Array, id: string): Cipher {
  const derive = (use: string) => Buffer.from(hkdfSync('sha256', key, id, `${version} ${use}`, keySize));
  const [encrypting, marking] = [derive('encrypt'), derive('mark')];
  const mark = (...parts: string[]) =>
    createHmac('sha256', marking).update(parts.join('\0')).digest().subarray(0, markSize);
  const placeOf = (name: string) => Buffer.from(`${version}\0${id}\0${name}`);

  return {
    check: mark('check').toString('base64url'),
    seal(name, value) {
      const iv = randomBytes(ivSize);
      const cipher = createCipheriv('aes-256-gcm', encrypting, iv, { authTagLength: tagSize });
      cipher.setAAD(placeOf(name));
      const text = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
      const parts = [mark('name', name), iv, text, cipher.getAuthTag()];
      return ['v1', ...parts.map((part) => part.toString('base64url'))].join('.');
    },
    unseal(name, entry) {
      const [form, ...rest] = entry.split('.');
      const [found, iv, text, tag] = rest.map((part) => Buffer.from(part, 'base64url'));
      if (form !== 'v1' || rest.length !== 4 || iv!.length !== ivSize || tag!.length !== tagSize)
        return 'changed';
      // Whatever the mark says, the tag decides; it only tells one reason from the other.
      if (!isSame(found!, mark('name', name))) return 'moved';
      try {
        const decipher = createDecipheriv('aes-256-gcm', encrypting, iv!, { authTagLength: tagSize });
        decipher.setAAD(placeOf(name)).setAuthTag(tag!);
        return { value: decipher.update(text!, undefined, 'utf8') + decipher.final('utf8') };
      } catch {
        return 'changed';
      }
    },
  };
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
