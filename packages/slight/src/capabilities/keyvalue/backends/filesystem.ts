import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { defineBackend, type OpenContext } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import type { Fence, KeyPage, KeysOptions, KeyValue, KeyValueFeature, Versioned } from '../contract.ts';
import { collectValues, inTurn } from '../many.ts';
import { compareUtf8 } from '../../core/order.ts';
import { addDecimal, brokenCursor } from '../validate.ts';
import { makeVersions } from '../../core/version.ts';
import { explainFiles } from '../../../clients/filesystem/files.ts';
import { passFence } from '../../../clients/filesystem/fences.ts';
import { beginWatch } from './filesystem-watch.ts';
import {
  findEntry,
  findValue,
  hasEntry,
  isStale,
  listFiles,
  listMeta,
  openFolder,
  removeEntry,
  removeLeftovers,
  writeEntry,
  type Folder,
} from './filesystem-folder.ts';
import { openLock, type FolderLock } from '../../../clients/filesystem/folder-lock.ts';
import { folderOfBind } from '../../../clients/filesystem/place.ts';

/**
 * Keeps values as plain files, `<folder>/<name>/<key>`, that other programs may read and write. Reads are answered at
 * once; writes by a promise, because they wait for the disk.
 */
export const filesystem = defineBackend<KeyValue, KeyValueFeature>({
  scheme: 'filesystem',
  capability: 'keyvalue',
  doc: 'A file for each value: in .slight/keyvalue, or in a folder of your own: filesystem:./data (beside the slightfile), filesystem:///srv/data. Written through to the disk; several processes may share it.',
  features: new Set([
    'list',
    'ordered',
    'ttl',
    'only-if-absent',
    'increment',
    'compare-and-swap',
    'watch',
    'fence',
    'durable',
    'shared',
  ]),
  config: {},
  flushesFiles: true,
  open: openStore,
});

const nextVersion = makeVersions();
const sweepEvery = 60_000;

async function openStore({ name, url, dataDir, timeout }: OpenContext): Promise<KeyValue> {
  let folder: Folder;
  let lock: FolderLock;
  try {
    folder = await openFolder(folderOfBind(url, dataDir, 'keyvalue'), name);
    lock = openLock(join(folder.meta, '.lock'), timeout);
  } catch (error) {
    throw explainFiles(error, 'none');
  }
  const sweeper = setInterval(() => void sweep(folder, lock), sweepEvery).unref();

  function put(key: string, value: Uint8Array, expires: number | undefined): Promise<string> {
    const version = nextVersion();
    return writeEntry(folder, key, value, { version, expires }).then(() => version);
  }

  function hold<T>(key: string, fence: Fence | undefined, work: () => Promise<T>): Promise<T> {
    return lock.hold(async () => {
      await passFence(folder.meta, key, fence, join(folder.meta, '.new-fence'));
      return work();
    });
  }

  return {
    get: (key) => read(() => findValue(folder, key)),
    getVersioned: (key) => read(() => versioned(folder, key)),
    set: (key, value, { ttl, onlyIfAbsent, fence } = {}) =>
      hold(key, fence, async () => {
        if (onlyIfAbsent && read(() => hasEntry(folder, key)))
          throw new CapabilityError('already-exists', 'the key has a value');
        await put(key, value, expiry(ttl));
      }),
    delete: (key, { fence } = {}) => hold(key, fence, () => removeEntry(folder, key)),
    exists: (key) => read(() => hasEntry(folder, key)),
    keys: (options = {}) => read(() => listPage(folder, options)),
    getMany: (keys) => read(() => collectValues(keys, (key) => findValue(folder, key))),
    setMany: (entries, { ttl } = {}) =>
      lock.hold(() => inTurn(entries, ({ key, value }) => put(key, value, expiry(ttl)))),
    deleteMany: (keys) => lock.hold(() => inTurn(keys, (key) => removeEntry(folder, key))),
    increment: (key, delta, { fence } = {}) =>
      hold(key, fence, async () => {
        const found = read(() => findEntry(folder, key));
        const sum = addDecimal(found?.value, delta);
        await put(key, Buffer.from(String(sum)), found?.expires);
        return sum;
      }),
    compareAndSwap: (key, expected, value, { ttl, fence } = {}) =>
      hold(key, fence, async () => {
        const current = read(() => versioned(folder, key));
        if (current?.version !== expected) return current ? { swapped: false, current } : { swapped: false };
        return { swapped: true, version: await put(key, value, expiry(ttl)) };
      }),
    watch: (target) => read(() => beginWatch(folder, target)),
    ping: () => read(() => void listMeta(folder).next()),
    close() {
      clearInterval(sweeper);
      return lock.close();
    },
  };
}

function versioned(folder: Folder, key: string): Versioned | undefined {
  const found = findEntry(folder, key);
  return found && { value: found.value, version: found.version };
}

function read<T>(look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw explainFiles(error, 'none');
  }
}

function expiry(ttl: number | undefined): number | undefined {
  return ttl === undefined ? undefined : Math.ceil(Date.now() + ttl);
}

/** The cursor is the last key of the page before, so keys that come and go between pages disturb nothing. */
function listPage(folder: Folder, { prefix = '', cursor, limit = 1_000 }: KeysOptions): KeyPage {
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const candidates = [...listFiles(folder)]
    .filter((key) => key.startsWith(prefix) && (after === undefined || compareUtf8(key, after) > 0))
    .toSorted(compareUtf8);
  const keys: string[] = [];
  for (const key of candidates) {
    if (!hasEntry(folder, key)) continue;
    if (keys.length === limit) return { keys, cursor: Buffer.from(keys.at(-1)!).toString('base64url') };
    keys.push(key);
  }
  return { keys };
}

function readCursor(cursor: string): string {
  if (!/^[\w-]+$/.test(cursor)) throw brokenCursor();
  return Buffer.from(cursor, 'base64url').toString();
}

/** What expired or was cut off is invisible already; this gives its room back, and lets others have their turn. */
async function sweep(folder: Folder, lock: FolderLock): Promise<void> {
  try {
    await lock.hold(async () => removeLeftovers(folder));
    let looked = 0;
    for (const { key, stale } of listMeta(folder)) {
      if (stale) await lock.hold(async () => void (isStale(folder, key) && (await removeEntry(folder, key))));
      if (++looked % 100 === 0) await breathe();
    }
  } catch {
    // Nobody waits for this: the next one tries again, and what ails the folder shows at the next operation.
  }
}
