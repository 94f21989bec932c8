import { existsSync, renameSync } from 'node:fs';
import { relative } from 'node:path';
import type { FindSecret } from '../slightfile/interpolate.ts';
import type { SecretsSettings } from '../slightfile/model.ts';
import { nearestName } from '../slightfile/nearest.ts';
import { makeCipher } from './cipher.ts';
import type { Cipher } from './cipher.ts';
import { SecretsError } from './error.ts';
import { newId, printSecretsFile, readSecretsFile } from './file.ts';
import type { SecretsFile } from './file.ts';
import { describeKey, findKey, makeKey, readKey } from './key.ts';
import type { KeyPlace } from './key.ts';
import { claimFile, nextOf } from './private-file.ts';
import type { FileClaim } from './private-file.ts';

/** The names of all secrets. No key is needed. @throws {SecretsError} */
export function listSecrets({ file }: SecretsSettings): string[] {
  return [...(readSecretsFile(file)?.entries.keys() ?? [])];
}

/**
 * Finds secrets by name. The file and its key are read now, the value of each secret when it is asked for.
 */
export function openSecrets(settings: SecretsSettings): FindSecret {
  let opened: { file: SecretsFile; cipher: Cipher } | undefined;
  let failure: SecretsError | undefined;
  try {
    opened = open(settings);
  } catch (error) {
    if (!(error instanceof SecretsError)) throw error;
    failure = error;
  }
  return (name) => {
    if (failure !== undefined) return { message: failure.what, fix: failure.fix };
    const entry = opened?.file.entries.get(name);
    if (opened === undefined || entry === undefined)
      return describeMissing(name, settings, [...(opened?.file.entries.keys() ?? [])]);
    const found = opened.cipher.unseal(name, entry);
    return typeof found === 'object' ? found : describeRefusal(name, settings, found);
  };
}

/**
 * Adds a secret, or replaces it. With the first one the key is made, where it is to be in a file that is not there.
 * @returns where the key is, and whether it was made now
 * @throws {SecretsError}
 */
export function setSecret(
  settings: SecretsSettings,
  name: string,
  value: string,
): { readonly key: string; readonly made: boolean } {
  return changing(settings, (claim) => {
    const opened = open(settings);
    const { file, cipher, place, made } = opened ? { ...opened, made: false } : begin(settings);
    const entries = new Map(file.entries).set(name, cipher.seal(name, value));
    claim.write(printSecretsFile({ ...file, entries }));
    claim.commit();
    return { key: describeKey(place), made };
  });
}

/** Removes a secret; no key is needed. @throws {SecretsError} where there is none of that name */
export function removeSecret(settings: SecretsSettings, name: string): void {
  changing(settings, (claim) => {
    const file = readSecretsFile(settings.file);
    const entries = new Map(file?.entries);
    if (file === undefined || !entries.delete(name)) {
      const { message } = describeMissing(name, settings, []);
      throw new SecretsError(
        message,
        entries.size === 0 ? 'there is nothing to remove' : 'slight secret --list shows what there is',
      );
    }
    claim.write(printSecretsFile({ ...file, entries }));
    claim.commit();
  });
}

/**
 * Encrypts everything anew. A key in a file is replaced by a new one; a key elsewhere cannot be, so `to` says where the
 * next one is, as in `[secrets] key`.
 * @returns how many secrets there are, and where the new key is
 * @throws {SecretsError}
 */
export function rotateKey(
  settings: SecretsSettings,
  to: string | undefined,
): { readonly count: number; readonly key: string } {
  return changing(settings, (claim) => {
    const opened = open(settings);
    if (opened === undefined)
      throw new SecretsError(`there is no ${settings.file}`, 'there is nothing to encrypt anew');
    const { file, cipher } = opened;
    const place = to === undefined ? opened.place : findKey({ ...settings, key: to }, file.id);
    const given = to === undefined ? undefined : readKey(place);
    const keyClaim = given === undefined ? claimKey(place) : undefined;
    try {
      const made = given === undefined ? makeKey() : undefined;
      const next = makeCipher(made?.key ?? given!, file.id);
      const entries = new Map<string, string>();
      for (const [name, entry] of file.entries) {
        const found = cipher.unseal(name, entry);
        if (typeof found === 'string') {
          const { message, fix } = describeRefusal(name, settings, found);
          throw new SecretsError(message, fix);
        }
        entries.set(name, next.seal(name, found.value));
      }
      if (made !== undefined) keyClaim!.write(made.text);
      claim.write(printSecretsFile({ ...file, check: next.check, entries }));
      // From here on only the new key opens the file. Cut short before it is in place, it is found beside the former one.
      claim.commit();
      keyClaim?.commit();
      return { count: entries.size, key: describeKey(place) };
    } catch (error) {
      // Unless it is the one that counts now.
      if (readSecretsFile(settings.file)?.check === file.check) keyClaim?.release();
      throw error;
    }
  });
}

/** One command at a time. */
function changing<T>({ file }: SecretsSettings, change: (claim: FileClaim) => T): T {
  const claim = claimFile(file);
  try {
    return change(claim);
  } finally {
    claim.release();
  }
}

interface Opened {
  readonly file: SecretsFile;
  readonly cipher: Cipher;
  readonly place: KeyPlace;
}

/** Undefined where there is no file yet. @throws {SecretsError} */
function open(settings: SecretsSettings): Opened | undefined {
  const file = readSecretsFile(settings.file);
  if (file === undefined) return undefined;
  const place = findKey(settings, file.id);
  const key = readKey(place);
  const cipher = key && makeCipher(key, file.id);
  if (cipher?.check === file.check) return { file, cipher, place };
  const rotated = place.kind === 'file' ? finishRotation(place.path, file) : undefined;
  if (rotated !== undefined) return { file, cipher: rotated, place };
  const shown = relative(process.cwd(), settings.file);
  if (key === undefined) {
    throw new SecretsError(
      `the key of ${shown} is missing: there is no ${describeKey(place)}`,
      'copy it from where the secrets were written, or say where it is: [secrets] key in the slightfile',
    );
  }
  throw new SecretsError(
    `${shown} was written with another key than that of ${describeKey(place)}`,
    'bring the right key there, or say where it is: [secrets] key in the slightfile',
  );
}

/** A rotation that was cut short left the new key beside the former one. */
function finishRotation(path: string, file: SecretsFile): Cipher | undefined {
  const next = nextOf(path);
  const key = existsSync(next) ? readKey({ kind: 'file', path: next }) : undefined;
  const cipher = key && makeCipher(key, file.id);
  if (cipher?.check !== file.check) return undefined;
  renameSync(next, path);
  return cipher;
}

/** A file without secrets, and its key, which is made where it is not there. */
function begin(settings: SecretsSettings): Opened & { readonly made: boolean } {
  const id = newId();
  const place = findKey(settings, id);
  let key = readKey(place);
  const made = key === undefined;
  if (key === undefined) {
    const claim = claimKey(place);
    try {
      const fresh = makeKey();
      claim.write(fresh.text);
      claim.commit();
      key = fresh.key;
    } finally {
      claim.release();
    }
  }
  const cipher = makeCipher(key, id);
  return { file: { id, check: cipher.check, entries: new Map() }, cipher, place, made };
}

function claimKey(place: KeyPlace): FileClaim {
  if (place.kind === 'file') return claimFile(place.path);
  throw new SecretsError(
    `the key comes from ${describeKey(place)}, where no new one can be put`,
    'bring a new one to another place, and name that: slight secret --rotate --to env:NEW_KEY (or file:PATH)',
  );
}

function describeMissing(name: string, settings: SecretsSettings, names: readonly string[]) {
  const near = nearestName(name, names);
  return {
    message: `there is no secret ${name} in ${relative(process.cwd(), settings.file)}`,
    fix:
      near === undefined
        ? `set it: slight secret -k ${name}`
        : `set it: slight secret -k ${name}, or is ${near} meant?`,
  };
}

function describeRefusal(name: string, settings: SecretsSettings, reason: 'moved' | 'changed') {
  const where = `the secret ${name} in ${relative(process.cwd(), settings.file)}`;
  return {
    message:
      reason === 'moved'
        ? `${where} was written for another name or another file, and was moved`
        : `${where} was changed after it was written`,
    fix: `find out who did that; then set it again: slight secret -k ${name}`,
  };
}
