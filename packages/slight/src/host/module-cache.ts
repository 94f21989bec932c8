import { createHash } from 'node:crypto';
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { ModuleCache } from '@spiderlightning/component';

const entries = 64;

/**
 * Keeps rewritten core modules in a folder of mode 0700. What lies there is run without being validated again, so a
 * folder that others own or may write to is not used, and each file carries a hash of its own bytes. A cache that
 * fails is no cache: it never fails a start.
 */
export function openModuleCache(folder: string): ModuleCache {
  const usable = prepareCache(folder);
  const path = (key: string) => join(folder, createHash('sha256').update(key).digest('hex'));
  return {
    async get(key) {
      if (!(await usable)) return undefined;
      const file = path(key);
      const stored = await readFile(file).catch(() => undefined);
      if (stored === undefined || stored.length < 32) return undefined;
      const bytes = stored.subarray(32);
      if (!createHash('sha256').update(bytes).digest().equals(stored.subarray(0, 32))) return undefined;
      const now = new Date();
      await utimes(file, now, now).catch(() => undefined);
      return bytes;
    },
    async set(key, bytes) {
      if (!(await usable)) return;
      const file = path(key);
      const partial = `${file}.${process.pid}`;
      try {
        await writeFile(partial, [createHash('sha256').update(bytes).digest(), bytes], { mode: 0o600 });
        await rename(partial, file);
        await prune(folder);
      } catch {
        await rm(partial, { force: true }).catch(() => undefined);
      }
    },
  };
}

/**
 * Makes the folder where it is missing, and says whether it can be used. Workers may not make what it lies in, so their
 * supervisor does.
 */
export async function prepareCache(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const found = await lstat(folder);
    if (!found.isDirectory() || (process.getuid !== undefined && found.uid !== process.getuid()))
      return false;
    // Others could have put something there already.
    if ((found.mode & 0o022) !== 0) return false;
    if ((found.mode & 0o077) !== 0) await chmod(folder, 0o700);
    return true;
  } catch {
    return false;
  }
}

/** Removes what was used longest ago, beyond the number of entries that is kept. */
async function prune(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length <= entries) return;
  const ages = await Promise.all(
    names.map(async (name) => ({ name, used: (await stat(join(folder, name))).mtimeMs })),
  );
  ages.sort((a, b) => b.used - a.used);
  for (const { name } of ages.slice(entries)) await rm(join(folder, name), { force: true });
}
