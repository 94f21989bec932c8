import { lstat, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { claimData, lockName } from '../host/data-lock.ts';
import { cacheFolder } from '../host/folders.ts';
import { usualFile } from './run-file.ts';
import { CommandError, UsageError } from './usage.ts';

export interface CleanOptions {
  /** The slightfile beside which the data lies. Default: the working folder. */
  readonly config?: string;
  /** Remove what can be made again, and no data. */
  readonly cache?: boolean;
  /** Do not ask. */
  readonly yes?: boolean;
  /** Say what was removed as JSON. */
  readonly json?: boolean;
}

interface Target {
  readonly path: string;
  readonly bytes: number;
  readonly files: number;
}

/**
 * `slight clean`. Removes what the app stored on this machine, or with `cache` what the host keeps to start faster.
 * What it says goes to stderr, what was removed to stdout as JSON where that is asked for. Gives the exit code.
 * @throws {UsageError} where it would have to ask and cannot
 * @throws {CommandError} where the app runs, or the folder is none
 */
export async function clean(options: CleanOptions): Promise<number> {
  const removed = options.cache ? await cleanCaches() : await cleanData(options);
  if (removed === undefined) return 1;
  for (const { path, ...size } of removed) print(`removed ${path}: ${describeSize(size)}`);
  if (options.json) process.stdout.write(`${JSON.stringify({ removed })}\n`);
  return 0;
}

async function cleanCaches(): Promise<Target[]> {
  const own = dirname(cacheFolder());
  // Now, so that this process does not write to it when it ends.
  flushCompileCache();
  const targets: Target[] = [];
  for (const path of [join(own, 'modules'), join(own, 'compile')]) {
    const target = await measure(path);
    if (target === undefined) continue;
    await rm(path, { recursive: true, force: true });
    targets.push(target);
  }
  if (targets.length === 0) print(`nothing is cached in ${own}`);
  return targets;
}

/** Undefined where it was not to be. */
async function cleanData({ config, yes }: CleanOptions): Promise<Target[] | undefined> {
  if (config !== undefined) await checkSlightfile(config);
  const path = join(config === undefined ? process.cwd() : dirname(resolve(config)), '.slight');
  const target = await measure(path, isData);
  if (target === undefined) {
    print(`there is nothing to remove: no ${path}`);
    return [];
  }
  if (!(await lstat(path)).isDirectory()) {
    throw new CommandError(`${path} is no folder of slight\n  fix: look at it, and remove it yourself`);
  }
  const claim = claimData(path);
  if (claim === undefined) {
    throw new CommandError(
      `an app that stores its data in ${path} is running\n  fix: stop it, and try again`,
    );
  }
  try {
    print(`${path}: ${describeSize(target)}, all that the app stored on this machine`);
    if (!yes && !(await confirm())) {
      print('nothing was removed');
      return undefined;
    }
    await removeData(path);
  } finally {
    claim.release();
  }
  return [target];
}

/** Whoever names the wrong one must not lose the data of another app. @throws {UsageError} where it is no file */
async function checkSlightfile(config: string): Promise<void> {
  const found = await stat(config).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined)
    throw new UsageError(
      `there is no ${config}\n  fix: name the slightfile beside which the data lies, or leave -c out in its folder`,
    );
  if (found.isDirectory())
    throw new UsageError(
      `${config} is a folder\n  fix: name the slightfile in it: slight clean -c ${join(config, usualFile)}`,
    );
}

/** The lock goes last: until then nobody starts. */
async function removeData(path: string): Promise<void> {
  const names = await readdir(path);
  for (const name of names.filter(isData)) await rm(join(path, name), { recursive: true });
  for (const name of await readdir(path)) await rm(join(path, name));
  await rmdir(path);
}

/** The lock has a journal beside it while it is held. */
function isData(name: string): boolean {
  return !name.startsWith(lockName);
}

async function confirm(): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError(
      'nothing was removed: there is no terminal to ask whether it may be\n  fix: slight clean --yes removes it without asking',
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question('Remove it for good? [y/N] ')).trim());
  } finally {
    terminal.close();
  }
}

/** Undefined where there is nothing. Links are not followed. */
async function measure(path: string, counts = (_name: string) => true): Promise<Target | undefined> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  if (!found.isDirectory()) return { path, bytes: found.size, files: 1 };
  let [bytes, files] = [0, 0];
  for (const name of (await readdir(path)).filter((each) => counts(each))) {
    const inside = await measure(join(path, name));
    bytes += inside?.bytes ?? 0;
    files += inside?.files ?? 0;
  }
  return { path, bytes, files };
}

function describeSize({ bytes, files }: Omit<Target, 'path'>): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const size = power === 0 ? String(bytes) : (bytes / 1024 ** power).toFixed(1);
  return `${size} ${units[power]} in ${files} ${files === 1 ? 'file' : 'files'}`;
}

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}
