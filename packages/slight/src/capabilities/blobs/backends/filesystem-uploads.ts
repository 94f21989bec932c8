import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openLock, type FolderLock } from '../../../clients/filesystem/folder-lock.ts';

/**
 * Where a process keeps what is on its way: nobody looks there, and what a process that died left in it is removed by
 * those that live. A process lives as long as it holds a lock of the kernel's on a file in it.
 */
export interface Uploads {
  /** The path of a file or folder that is not there yet, which nobody else is given. */
  next(): string;
  close(): Promise<void>;
}

const prefix = 'uploads-';
const lockName = '.alive';
/** Those of this process: it would wait for itself. */
const own = new Set<string>();

/**
 * @param meta the folder in which every process has its own
 * @param lock keeps others from looking for dead ones while a folder is made
 */
export function openUploads(meta: string, lock: FolderLock): Promise<Uploads> {
  return lock.hold(async () => {
    const name = `${prefix}${randomBytes(9).toString('hex')}`;
    const path = join(meta, name);
    own.add(name);
    mkdirSync(path, { mode: 0o700 });
    const alive = openLock(join(path, lockName), 5_000);
    const ended = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const holding = alive.hold(() => {
      held.resolve();
      return ended.promise;
    });
    await Promise.race([held.promise, holding]);
    let count = 0;
    return {
      next: () => join(path, String(++count)),
      async close() {
        ended.resolve();
        await alive.close();
        rmSync(path, { recursive: true, force: true });
        own.delete(name);
      },
    };
  });
}

/** Removes what dead processes left. Only under the lock. */
export async function removeDead(meta: string): Promise<void> {
  for (const name of readdirSync(meta)) {
    if (name.startsWith(prefix) && !own.has(name) && (await isDead(join(meta, name)))) {
      rmSync(join(meta, name), { recursive: true, force: true });
    }
  }
}

async function isDead(path: string): Promise<boolean> {
  const alive = openLock(join(path, lockName), 1);
  try {
    return await alive.hold(async () => true);
  } catch {
    return false;
  } finally {
    await alive.close();
  }
}
