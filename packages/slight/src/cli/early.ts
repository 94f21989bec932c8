import { startEarlyWorker } from '../host/supervisor/early-worker.ts';
import type { EarlyWorker } from '../host/supervisor/early-worker.ts';
import { readRunFile } from './run-file.ts';
import type { RunOptions } from './run-file.ts';

/** Options of `run` with a value, and which of them say where and with what rights its workers start. */
const valued: { readonly [option: string]: 'config' | 'target' | 'address' | undefined } = {
  '-c': 'config',
  '--config': 'config',
  '--target': 'target',
  '--address': 'address',
  '--health': undefined,
  '--workers': undefined,
  '--log-format': undefined,
  '--log-level': undefined,
};

/**
 * Starts the first worker of `slight run`, as far as its arguments tell before they are checked.
 * @param args - those behind `run`
 * @returns undefined where they are written in a way that is not guessed, or where anything is wrong: who checks it tells of it
 */
export async function startEarly(args: readonly string[]): Promise<EarlyWorker | undefined> {
  const options = guessOptions(args);
  if (options === undefined) return undefined;
  try {
    return await startEarlyWorker(await readRunFile(options));
  } catch {
    return undefined;
  }
}

/** Only what is written in the plainest way: an option, a space, its value. */
export function guessOptions(args: readonly string[]): RunOptions | undefined {
  const options: { -readonly [Name in 'app' | 'config' | 'target' | 'address']?: string } = {};
  for (let index = 0; index < args.length; index++) {
    const word = args[index]!;
    if (Object.hasOwn(valued, word)) {
      const name = valued[word];
      const value = args[++index];
      if (value === undefined) return undefined;
      if (name !== undefined) options[name] = value;
    } else if (!word.startsWith('-') && options.app === undefined) options.app = word;
    else if (word !== '--watch-app') return undefined;
  }
  return options;
}
