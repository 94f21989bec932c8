import { isNode } from './host-thread.ts';

/** The SHA-256 of bytes, in hexadecimal digits. */
export async function digest(bytes: Uint8Array): Promise<string> {
  // The web's interface takes a while to load, and answers from another thread.
  if (isNode()) return process.getBuiltinModule('node:crypto').hash('sha256', bytes);
  const hash = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
