import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from './log/start-error.ts';

/**
 * The file by which running apps keep their data folder from being removed: an empty SQLite database, whose lock is
 * the kernel's and ends with the process, however that ends.
 */
export const lockName = '.in-use';

const inUse = new Map<string, DatabaseSync>();

/**
 * Says that this process uses a data folder, until it ends. Several may. Does nothing where there is no such folder,
 * or no way to write to it: then there is nothing to remove.
 * @param how `make`: make the folder where it is missing
 * @throws {StartError} while the folder is being removed
 */
export function useData(folder: string, how: { readonly make?: boolean } = {}): void {
  if (inUse.has(folder)) return;
  try {
    if (how.make) mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    // Whoever stores something there says why it cannot.
  }
  if (!existsSync(folder)) return;
  const db = lock(folder, 'BEGIN; SELECT name FROM sqlite_master');
  if (db === 'busy') {
    throw new StartError(
      `${folder} is being removed by slight clean\n  fix: wait until that is done, and start again`,
    );
  }
  if (db !== undefined) inUse.set(folder, db);
}

/** Keeps everyone else out of a data folder until `release`; undefined where someone uses it. */
export function claimData(folder: string): { release(): void } | undefined {
  const db = lock(folder, 'BEGIN EXCLUSIVE');
  return db === 'busy' ? undefined : { release: () => db?.close() };
}

function lock(folder: string, how: string): DatabaseSync | 'busy' | undefined {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(join(folder, lockName), { timeout: 0 });
    db.exec(how);
    return db;
  } catch (error) {
    db?.close();
    const { errcode = 0 } = error as { errcode?: number };
    // SQLITE_BUSY
    return (errcode & 0xff) === 5 ? 'busy' : undefined;
  }
}
