import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Slightfile } from '../slightfile/model.ts';

/** The app's own folder: beside its slightfile, or in the working folder. */
export function dataFolder(file: Slightfile): string {
  return join(file.path === undefined ? process.cwd() : dirname(file.path), '.slight');
}

/** The user's own folder for what can be made again; outside every app, so that no guest's grant ever reaches it. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment.XDG_CACHE_HOME || (environment.HOME ?? homedir()) + '/.cache';
  return join(base, 'slight', 'modules');
}

/**
 * Where Node keeps for workers what it has compiled of the host; undefined where it keeps nothing. Workers and their supervisor load
 * some of the same files and need other functions of them compiled: Node keeps those of whoever came first. And what a worker
 * can write its supervisor must not run.
 */
export function workerCompileCache(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const folder = environment.NODE_COMPILE_CACHE;
  return folder ? join(folder, 'worker') : undefined;
}
