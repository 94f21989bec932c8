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
