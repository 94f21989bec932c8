import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { secretName } from '../secrets/file.ts';
import { listSecrets, removeSecret, rotateKey, setSecret } from '../secrets/store.ts';
import type { SecretsSettings } from '../slightfile/model.ts';
import { readSecretsSettings } from '../slightfile/read.ts';
import { readAnswer } from './prompt.ts';
import { usualFile } from './run-file.ts';
import { UsageError } from './usage.ts';

export interface SecretOptions {
  readonly config?: string;
  readonly target?: string;
  /** The name of the secret. */
  readonly key?: string;
  /** Its value; without it, it is asked for or read from stdin. */
  readonly value?: string;
  readonly remove?: boolean;
  readonly list?: boolean;
  readonly rotate?: boolean;
  /** Where the next key is, as in `[secrets] key`. */
  readonly to?: string;
  readonly json?: boolean;
}

/** Bytes of UTF-8: what an app may get of a config. */
const largestValue = 1024 * 1024;

/**
 * `slight secret`. Keeps secrets, encrypted, for `${secrets.NAME}` and the app. What it did goes to stderr, names to
 * stdout, values nowhere. Gives the exit code.
 * @throws {UsageError}
 * @throws {SecretsError}
 */
export async function secret(options: SecretOptions): Promise<number> {
  const does = checkOptions(options);
  const settings = await findSettings(options);
  const shown = relative(process.cwd(), settings.file);
  switch (does) {
    case 'list': {
      const names = listSecrets(settings);
      if (options.json) process.stdout.write(`${JSON.stringify({ secrets: names })}\n`);
      else if (names.length > 0) process.stdout.write(`${names.join('\n')}\n`);
      else print(`there are no secrets: no ${shown}, or none in it`);
      return 0;
    }
    case 'rotate': {
      const { count, key } = rotateKey(settings, options.to);
      print(
        `encrypted ${count} ${count === 1 ? 'secret' : 'secrets'} of ${shown} anew; the key is in ${key}`,
      );
      if (options.to !== undefined) print(`say so in the slightfile: [secrets] key = "${options.to}"`);
      print(
        'copies of the former file can still be read with the former key: where that was known, change the secrets too',
      );
      return 0;
    }
    case 'remove': {
      const name = options.key!;
      removeSecret(settings, name);
      print(`removed ${name} from ${shown}`);
      return 0;
    }
    case 'set': {
      const name = options.key!;
      const { key, made } = setSecret(settings, name, await readValue(name, options.value));
      print(`set ${name} in ${shown}`);
      if (made)
        print(`made its key, ${key}: whoever is to read the secrets needs it; keep a copy in a safe place`);
      return 0;
    }
  }
}

type Does = 'set' | 'list' | 'remove' | 'rotate';

function checkOptions({ key, value, remove, list, rotate, to, json }: SecretOptions): Does {
  const given = { list, remove, rotate };
  const verbs = (['list', 'remove', 'rotate'] as const).filter((verb) => given[verb]);
  const wrong = (what: string, fix: string) => new UsageError(`${what}\n  fix: ${fix}`);
  if (verbs.length > 1) throw wrong(`--${verbs.join(' and --')} are two things`, 'do one after the other');
  const does = (verbs[0] ?? 'set') as Does;
  const named = does === 'set' || does === 'remove';
  if (named && key === undefined) {
    const fix = remove
      ? 'slight secret -k NAME --remove'
      : 'slight secret -k NAME sets one; --list shows the names of all';
    throw wrong('no secret was named', fix);
  }
  if (!named && key !== undefined) throw wrong(`--${does} is about all secrets`, `leave -k ${key} out`);
  if (key !== undefined && !secretName.test(key)) {
    throw wrong(
      `${JSON.stringify(key)} is no name for a secret`,
      'use up to 128 letters, digits, "_", "-" and ".", a letter or "_" first',
    );
  }
  if (does !== 'set' && value !== undefined) throw wrong(`--${does} takes no value`, 'leave -v out');
  if (does !== 'rotate' && to !== undefined)
    throw wrong('--to says where the next key is', 'use it with --rotate');
  if (does !== 'list' && json) throw wrong('--json is for lists', 'use it with --list');
  return does;
}

async function findSettings({ config, target }: SecretOptions): Promise<SecretsSettings> {
  const path = config ?? usualFile;
  if (config === undefined && !existsSync(path)) {
    throw new UsageError(
      `secrets belong to a slightfile, and there is no ${usualFile} here\n  fix: name it with -c FILE`,
    );
  }
  return await readSecretsSettings(path, { target, env: process.env });
}

async function readValue(name: string, given: string | undefined): Promise<string> {
  if (given !== undefined) {
    print(
      'warning: a value on the command line stays in the history of the shell, and every user sees it in the list of processes',
    );
    print(`  fix: leave -v out and type it, or send it: slight secret -k ${name} < FILE`);
  }
  const value =
    given ?? (process.stdin.isTTY ? await readAnswer(`Value of ${name} (not shown): `) : await readInput());
  const bytes = Buffer.byteLength(value);
  if (given === undefined && bytes === 0)
    throw new UsageError('nothing was set: the value is empty\n  fix: where that is meant, write -v ""');
  if (bytes > largestValue) throw tooLarge();
  return value;
}

/** All of stdin, without the line break at its end, which most commands add. More than a secret has is not read. */
async function readInput(): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  // Not at once: a pipe may have nothing to give yet.
  for await (const piece of process.stdin as AsyncIterable<Buffer>) {
    pieces.push(piece);
    if ((size += piece.length) > largestValue + 2) throw tooLarge();
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces)).replace(/\r?\n$/, '');
  } catch {
    throw new UsageError(
      'nothing was set: the value is not text in UTF-8\n  fix: encode bytes, in base64 for example',
    );
  }
}

function tooLarge(): UsageError {
  return new UsageError(
    'nothing was set: the value is larger than 1 MiB\n  fix: keep a file elsewhere, and its key here',
  );
}

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}
