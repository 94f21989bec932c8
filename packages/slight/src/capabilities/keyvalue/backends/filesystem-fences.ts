import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Fence } from '../contract.ts';
import { admit } from '../fence.ts';
import { explainFiles, flushFolder, readWhole, writeAnew } from '../../../clients/filesystem/files.ts';
import { nameOfKey } from '../../../clients/filesystem/names.ts';
import type { Folder } from './filesystem-folder.ts';

/**
 * Lets a write pass its fence, and remembers the token before anything is written: a crash between the two forgets no
 * token. Tokens lie in `.meta/.fences`, a file for each key, which stays when the value goes. Only under the folder's lock.
 * @throws {CapabilityError} `precondition-failed` where the token is older than one that was seen
 */
export async function passFence(folder: Folder, key: string, fence: Fence | undefined): Promise<void> {
  if (fence === undefined) return;
  const fences = join(folder.meta, '.fences');
  const path = join(fences, nameOfKey(key));
  try {
    const tokens = new Map<string, string>(JSON.parse(readWhole(path)?.toString() ?? '[]'));
    const seen = tokens.get(fence.lock);
    admit(fence, seen);
    if (seen === fence.token) return;
    if (mkdirSync(fences, { recursive: true, mode: 0o700 }) !== undefined) await flushFolder(folder.meta);
    const next = join(folder.meta, '.new-fence');
    await writeAnew(next, JSON.stringify([...tokens.set(fence.lock, fence.token)]));
    renameSync(next, path);
    await flushFolder(fences);
  } catch (error) {
    throw explainFiles(error, 'none');
  }
}
