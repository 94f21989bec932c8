import type { Slightfile } from '../../slightfile/model.ts';
import { cacheFolder, dataFolder, workerCompileCache } from '../folders.ts';

/**
 * The flags of Node's permission model for a worker: it starts no programs, loads no native addons, and writes to the
 * app's data and its own caches alone. Reading stays free, since client libraries read what they need (certificates,
 * profiles), and so does the network. `node:sqlite` is outside the model: where the databases lie is said by the host,
 * never by a guest.
 */
export function restrictWorker(file: Slightfile): string[] {
  const folders = [dataFolder(file), cacheFolder(), workerCompileCache() ?? []].flat();
  return [
    '--permission',
    '--allow-worker',
    '--allow-net',
    '--allow-fs-read=*',
    // Folders that do not exist yet are named with what will be in them.
    ...folders.flatMap((folder) => [`--allow-fs-write=${folder}`, `--allow-fs-write=${folder}/*`]),
    // Each start would warn that the flag for the network is new, and that threads share what the process may do.
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=PERM0006',
  ];
}
