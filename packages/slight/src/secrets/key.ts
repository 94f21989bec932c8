import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { SecretsSettings } from '../slightfile/model.ts';
import { keySize } from './cipher.ts';
import { SecretsError, describeSystem } from './error.ts';

/** Where a key is. */
export type KeyPlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'command'; readonly words: readonly string[]; readonly folder: string };

/** Milliseconds: a person may have to type a password, or touch a device. */
const longestCommand = 120_000;

/** A new key, as it is written. */
export function makeKey(): { readonly key: Uint8Array; readonly text: string } {
  const key = randomBytes(keySize);
  return { key, text: `${key.toString('base64')}\n` };
}

/**
 * Where `[secrets] key` says that the key is; where it says nothing, with the user, in a file of its own for each file of
 * secrets.
 * @throws {SecretsError}
 */
export function findKey({ folder, key }: Pick<SecretsSettings, 'folder' | 'key'>, id: string): KeyPlace {
  if (key === undefined) {
    const base = process.env.XDG_CONFIG_HOME || join(homedir(), '.config');
    return { kind: 'file', path: join(base, 'slight', 'keys', `${id}.key`) };
  }
  const [, kind, rest = ''] = /^([a-z]+):(.+)$/s.exec(key) ?? [];
  if (kind === 'file') return { kind, path: resolve(folder, rest.replace(/^\/\/(?=\/)/, '')) };
  if (kind === 'env' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(rest)) return { kind, name: rest };
  const words = rest.split(/\s+/).filter((word) => word !== '');
  if (kind === 'command' && words.length > 0) return { kind, words, folder };
  throw new SecretsError(
    '[secrets] key says no place',
    'write "file:./app.key", "env:SLIGHT_SECRETS_KEY" or "command:pass show app"',
  );
}

/** The place in words, for messages. */
export function describeKey(place: KeyPlace): string {
  if (place.kind === 'file') return place.path;
  return place.kind === 'env' ? `the environment variable ${place.name}` : `the command ${place.words[0]}`;
}

/** The key; undefined where its file is not there. @throws {SecretsError} */
export function readKey(place: KeyPlace): Uint8Array | undefined {
  const text = readText(place);
  if (text === undefined) return undefined;
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length === keySize && key.toString('base64') === text.trim()) return key;
  throw new SecretsError(
    `${describeKey(place)} holds no key`,
    `a key is ${keySize} bytes in base64: openssl rand -base64 ${keySize}`,
  );
}

/** The environment of processes that have no use for the key. */
export function withoutKey(env: NodeJS.ProcessEnv, settings: SecretsSettings | undefined): NodeJS.ProcessEnv {
  const name = /^env:(.+)$/.exec(settings?.key ?? '')?.[1];
  if (name === undefined) return env;
  const { [name]: _key, ...others } = env;
  return others;
}

function readText(place: KeyPlace): string | undefined {
  switch (place.kind) {
    case 'file':
      return readKeyFile(place.path);
    case 'env': {
      const text = process.env[place.name];
      if (text !== undefined && text !== '') return text;
      throw new SecretsError(
        `the key of the secrets is missing: the environment variable ${place.name} is not set`,
        `set it to the key with which they were written; a new one: openssl rand -base64 ${keySize}`,
      );
    }
    case 'command':
      return runCommand(place.words, place.folder);
  }
}

function readKeyFile(path: string): string | undefined {
  let mode: number;
  try {
    mode = statSync(path).mode;
    // Windows has no such modes.
    if (process.platform === 'win32' || (mode & 0o077) === 0) return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SecretsError(
      `the key ${path} cannot be read ${describeSystem(error)}`,
      'check its permissions',
      error,
    );
  }
  throw new SecretsError(
    `the key ${path} may be read by others (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`,
    `keep it to yourself: chmod 600 ${path}; where others had it, make another one: slight secret --rotate`,
  );
}

/** No shell reads the words. What the command prints is in no message. */
function runCommand(words: readonly string[], folder: string): string {
  try {
    return execFileSync(words[0]!, words.slice(1), {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['inherit', 'pipe', 'inherit'],
      timeout: longestCommand,
    });
  } catch (error) {
    const { status, code } = error as { status?: number | null; code?: string };
    const how = typeof status === 'number' ? `ended with exit code ${status}` : `could not be run (${code})`;
    throw new SecretsError(
      `the command ${words[0]} of [secrets] key ${how}`,
      `try it yourself in ${folder}; it has to print the key in base64`,
    );
  }
}
