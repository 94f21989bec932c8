import { unwatchFile, watch, watchFile } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { build, findEntry, outputOf } from './build.ts';
import { reportError } from './report.ts';
import { run } from './run.ts';
import { usualFile } from './run-file.ts';
import type { RunOptions } from './run-file.ts';

export interface DevOptions extends Pick<RunOptions, 'config' | 'target' | 'address'> {
  readonly entry: string | undefined;
  /** Check types too. */
  readonly check: boolean;
}

/** Milliseconds without a change after which sources are built: editors write a file in several steps. */
const settled = 100;

/** Milliseconds between two looks at the slightfile: unlike a watch, they find it when an editor replaces it. */
const lookAgain = 250;

/**
 * `slight dev`. Builds an app, runs it, and does both again after each change of a source beside its entry or below. A
 * build that fails leaves the last one running. A slightfile that changes is taken up too. Gives the exit code.
 * @throws {UsageError} where there is no entry
 * @throws whatever keeps the app from starting
 */
export async function develop({ entry: named, check, ...options }: DevOptions): Promise<number> {
  const entry = findEntry(named);
  const output = outputOf(entry);
  const attempt = () => build({ entry, output, check, printPath: false }).catch(reportError);
  const changes = watchSources(dirname(resolve(entry)));
  const slightfile = resolve(options.config ?? usualFile);
  try {
    while ((await attempt()) !== 0) {
      process.stderr.write('waiting for a change\n');
      await changes.next();
    }
    void rebuild(changes, attempt);
    watchFile(slightfile, { interval: lookAgain }, () => takeUp(slightfile));
    return await run({ ...options, app: output, watchApp: true });
  } finally {
    unwatchFile(slightfile);
    changes.close();
  }
}

/** The host reads it again when it is asked by that signal, and says what is wrong with it. */
function takeUp(slightfile: string): void {
  process.stderr.write(`${relative(process.cwd(), slightfile)} has changed\n`);
  process.emit('SIGHUP', 'SIGHUP');
}

/** The host sees by itself that there is another component. */
async function rebuild(changes: Changes, attempt: () => Promise<number>): Promise<void> {
  while (await changes.next()) await attempt();
}

interface Changes {
  /** Resolves after the next change, with false once it is closed. A change that came meanwhile counts. */
  next(): Promise<boolean>;
  close(): void;
}

/** Hears of files that change in a folder and below it. */
function watchSources(folder: string): Changes {
  let state: 'quiet' | 'changed' | 'closed' = 'quiet';
  let wake: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watcher = watch(folder, { recursive: isSmall(folder) }, (_event, file) => {
    if (file === null || isOther(file)) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (state === 'quiet') state = 'changed';
      wake?.();
    }, settled);
  });
  return {
    async next() {
      while (state === 'quiet') await new Promise<void>((resolve) => (wake = resolve));
      if (state === 'closed') return false;
      state = 'quiet';
      return true;
    },
    close() {
      state = 'closed';
      clearTimeout(timer);
      watcher.close();
      wake?.();
    },
  };
}

/** A folder with everything that a project has is not watched as a whole: packages and output lie there too. */
function isSmall(folder: string): boolean {
  return folder !== process.cwd();
}

/** Files that no build reads: hidden ones, and those that editors make beside the one they write. */
function isOther(file: string): boolean {
  return /(^|[\\/])(\.|node_modules|dist([\\/]|$))|~$/.test(file);
}
