import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { admit, type Fence } from '../../capabilities/core/fence.ts';
import { explainFiles, flushFolder, readWhole, writeAnew } from './files.ts';
import { nameOfKey } from './names.ts';

/**
 * Lets a write pass its fence, and remembers the token before anything is written: a crash between the two forgets no
 * token. Tokens lie in `.fences` of `meta`, a file for each key, which stays when the value goes. Only under the folder's lock.
 * @throws {CapabilityError} `precondition-failed` where the token is older than one that was seen
 */
export async function passFence(
  meta: string,
  key: string,
  fence: Fence | undefined,
  temporary: string,
): Promise<void> {
  if (fence === undefined) return;
  const fences = join(meta, '.fences');
  const path = join(fences, nameOfKey(key));
  try {
    const tokens = new Map<string, string>(JSON.parse(readWhole(path)?.toString() ?? '[]'));
    const seen = tokens.get(fence.lock);
    admit(fence, seen);
    if (seen === fence.token) return;
    if (mkdirSync(fences, { recursive: true, mode: 0o700 }) !== undefined) await flushFolder(meta);
    await writeAnew(temporary, JSON.stringify([...tokens.set(fence.lock, fence.token)]));
    renameSync(temporary, path);
    await flushFolder(fences);
  } catch (error) {
    throw explainFiles(error, 'none');
  }
}
