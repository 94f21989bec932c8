import type { Checked } from './order.ts';

/** An entity tag for a version. Versions are opaque: they are encoded, so that any of them fits into a header. */
export function writeTag(version: string): string {
  return `"${encodeURIComponent(version)}"`;
}

/** Reads the version that an If-Match header names. */
export function readTag(header: string): Checked<string> {
  const [, encoded] = /^"([^"]*)"$/.exec(header.trim()) ?? [];
  try {
    if (encoded !== undefined) return { value: decodeURIComponent(encoded) };
  } catch {
    // A stray percent sign: no tag of ours.
  }
  return {
    problems: [`If-Match: must be one ETag as an order was sent with, not ${JSON.stringify(header)}`],
  };
}
