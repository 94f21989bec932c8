import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SecretsError, describeSystem } from './error.ts';

/** A file of secrets as it lies on the disk; JSON, one entry a line. */
export interface SecretsFile {
  /** Made with the file, and never changed: entries are bound to it. */
  readonly id: string;
  /** Of the key that opens it. */
  readonly check: string;
  /** Encrypted, by name. */
  readonly entries: ReadonlyMap<string, string>;
}

const format = 'slight-secrets-1';
const largest = 16 * 1024 * 1024;

export function newId(): string {
  return randomBytes(16).toString('base64url');
}

/** What may be the name of a secret. */
export const secretName = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;

/** Undefined where there is no such file. @throws {SecretsError} */
export function readSecretsFile(path: string): SecretsFile | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SecretsError(
      `${path} cannot be read ${describeSystem(error)}`,
      'check its permissions, or [secrets] file in the slightfile',
      error,
    );
  }
  const file = text.length <= largest ? parseFile(text) : undefined;
  if (file !== undefined) return file;
  throw new SecretsError(
    `${path} is no file of secrets, or it is damaged`,
    'bring back what slight secret wrote; where it is another file, name one of its own in [secrets] file',
  );
}

export function printSecretsFile({ id, check, entries }: SecretsFile): string {
  const sorted = [...entries].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `${JSON.stringify({ format, id, check, secrets: Object.fromEntries(sorted) }, undefined, 2)}\n`;
}

function parseFile(text: string): SecretsFile | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null) return undefined;
  const { format: given, id, check, secrets } = read as { readonly [key: string]: unknown };
  if (given !== format || typeof id !== 'string' || typeof check !== 'string') return undefined;
  // The id becomes part of a path.
  if (!/^[\w-]{22}$/.test(id) || typeof secrets !== 'object' || secrets === null) return undefined;
  const entries = new Map<string, string>();
  for (const [name, entry] of Object.entries(secrets)) {
    if (!secretName.test(name) || typeof entry !== 'string') return undefined;
    entries.set(name, entry);
  }
  return { id, check, entries };
}
