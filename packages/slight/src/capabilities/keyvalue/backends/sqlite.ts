import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { openSqlite as openFile } from '../../../clients/sqlite.ts';
import { defineBackend, type MaybePromise, type OpenContext } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import type { Fence, KeyPage, KeysOptions, KeyValue, KeyValueFeature, Versioned } from '../contract.ts';
import { admit } from '../../core/fence.ts';
import { collectValues } from '../many.ts';
import { addDecimal, brokenCursor } from '../validate.ts';
import { openDoorbell } from '../../../clients/doorbell.ts';
import { prepareWatches } from './sqlite-watch.ts';
import { keyValueFile } from './sqlite-file.ts';

/** Keeps values in one SQLite file of the app's own folder, shared by all its key-value stores and processes. */
export const sqlite = defineBackend<KeyValue, KeyValueFeature>({
  scheme: 'sqlite',
  capability: 'keyvalue',
  doc: 'Values in .slight/keyvalue.db, written through to the disk; several processes may share it.',
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
  prepare: true,
  open: openSqlite,
});

interface Row {
  readonly version: bigint;
  readonly value: Uint8Array;
  readonly expires: bigint | null;
}

const live = '(expires IS NULL OR expires > ?)';

async function openSqlite({ name, url, dataDir, timeout }: OpenContext): Promise<KeyValue> {
  if (/[^/]/.test(url.pathname) || url.host !== '') {
    throw new CapabilityError(
      'invalid-argument',
      'sqlite takes no path: its file is keyvalue.db in the data folder. Write `sqlite` alone',
    );
  }
  const database = await openFile(dataDir, keyValueFile, timeout);
  const doorbell = openDoorbell(`${database.path}-bell`);
  const find = database.prepare(
    `SELECT version, expires, value FROM entries WHERE store = ? AND key = ? AND ${live}`,
  );
  const findValue = database.prepare(`SELECT value FROM entries WHERE store = ? AND key = ? AND ${live}`);
  const has = database.prepare(`SELECT 1 FROM entries WHERE store = ? AND key = ? AND ${live}`);
  // A row that replaces another gets a version above every one that was ever there: AUTOINCREMENT keeps the count.
  const write = database.prepare(
    'INSERT OR REPLACE INTO entries (store, key, expires, value) VALUES (?, ?, ?, ?) RETURNING version',
  );
  const remove = database.prepare('DELETE FROM entries WHERE store = ? AND key = ?');
  const list = database.prepare(
    `SELECT key FROM entries WHERE store = ? AND key > ? AND key >= ? AND key < ? AND ${live} ORDER BY key LIMIT ?`,
  );

  const findToken = database.prepare('SELECT token FROM fences WHERE store = ? AND key = ? AND lock = ?');
  const writeToken = database.prepare(
    'INSERT OR REPLACE INTO fences (store, key, lock, token) VALUES (?, ?, ?, ?)',
  );

  let watches: ReturnType<typeof prepareWatches> | undefined;

  function read(key: string): Row | undefined {
    return first<Row>(find, name, Buffer.from(key), Date.now());
  }

  function versioned(key: string): Versioned | undefined {
    const row = read(key);
    return row && { value: row.value, version: String(row.version) };
  }

  function put(key: string, value: Uint8Array, expires: number | bigint | null): string {
    return String(first<{ version: bigint }>(write, name, Buffer.from(key), expires, value)!.version);
  }

  function get(key: string): Uint8Array | undefined {
    return first<Row>(findValue, name, Buffer.from(key), Date.now())?.value;
  }

  function drop(key: string): void {
    remove.run(name, Buffer.from(key));
  }

  /** Once it is written, whoever watches is told to look. */
  function wakeWatches<T>(written: MaybePromise<T>): MaybePromise<T> {
    if (written instanceof Promise) return written.then(wakeWatches);
    doorbell.ring();
    return written;
  }

  /** A write of several statements, which happens where its fence lets it pass. */
  function guarded<T>(key: string, fence: Fence | undefined, work: () => T): MaybePromise<T> {
    const written = database.transaction(() => {
      if (fence !== undefined) {
        const place = [name, Buffer.from(key), fence.lock];
        admit(fence, first<{ token: string }>(findToken, ...place)?.token);
        writeToken.run(...place, fence.token);
      }
      return work();
    });
    return wakeWatches(written);
  }

  return {
    get: (key) => database.run(() => get(key)),
    getVersioned: (key) => database.run(() => versioned(key)),
    set(key, value, { ttl, onlyIfAbsent, fence } = {}): MaybePromise<void> {
      if (!onlyIfAbsent && fence === undefined)
        return wakeWatches(database.run(() => void put(key, value, expiry(ttl))));
      return guarded(key, fence, () => {
        if (onlyIfAbsent && read(key) !== undefined)
          throw new CapabilityError('already-exists', 'the key has a value');
        put(key, value, expiry(ttl));
      });
    },
    delete(key, { fence } = {}): MaybePromise<void> {
      if (fence === undefined) return wakeWatches(database.run(() => drop(key)));
      return guarded(key, fence, () => drop(key));
    },
    exists: (key) => database.run(() => has.get(name, Buffer.from(key), Date.now()) !== undefined),
    keys: (options = {}) => database.run(() => listKeys(list, name, options)),
    getMany: (keys) => database.run(() => collectValues(keys, get)),
    setMany: (entries, { ttl } = {}) =>
      wakeWatches(
        database.transaction(() => {
          for (const { key, value } of entries) put(key, value, expiry(ttl));
        }),
      ),
    deleteMany: (keys) => wakeWatches(database.transaction(() => keys.forEach(drop))),
    increment: (key, delta, { fence } = {}) =>
      guarded(key, fence, () => {
        const row = read(key);
        const sum = addDecimal(row?.value, delta);
        put(key, Buffer.from(String(sum)), row?.expires ?? null);
        return sum;
      }),
    compareAndSwap: (key, expected, value, { ttl, fence } = {}) =>
      guarded(key, fence, () => {
        const current = versioned(key);
        if (current?.version !== expected) return current ? { swapped: false, current } : { swapped: false };
        return { swapped: true, version: put(key, value, expiry(ttl)) };
      }),
    ping: () => database.run(() => void has.get(name, Buffer.from('ping'), 0)),
    watch: (target) =>
      database.run(() => {
        watches ??= prepareWatches(database, doorbell, name);
        return watches(target);
      }),
    close() {
      doorbell.close();
      database.close();
    },
  };
}

function first<T>(statement: StatementSync, ...values: SQLInputValue[]): T | undefined {
  return statement.get(...values) as T | undefined;
}

function expiry(ttl: number | undefined): number | null {
  return ttl === undefined ? null : Math.ceil(Date.now() + ttl);
}

/** Above every key: no UTF-8 begins with this byte. */
const beyond = Buffer.of(0xff);

/** The cursor is the last key of the page before, so keys that come and go between pages disturb nothing. */
function listKeys(list: StatementSync, store: string, options: KeysOptions): KeyPage {
  const { prefix = '', cursor, limit = 1_000 } = options;
  const low = Buffer.from(prefix);
  const high = Buffer.concat([low, beyond]);
  const rows = list.all(store, afterCursor(cursor), low, high, Date.now(), limit + 1) as {
    key: Uint8Array;
  }[];
  const keys = rows.slice(0, limit).map(({ key }) => Buffer.from(key).toString());
  return rows.length > limit
    ? { keys, cursor: Buffer.from(rows[limit - 1]!.key).toString('base64url') }
    : { keys };
}

function afterCursor(cursor: string | undefined): Uint8Array {
  if (cursor === undefined) return Buffer.alloc(0);
  if (!/^[\w-]+$/.test(cursor)) throw brokenCursor();
  return Buffer.from(cursor, 'base64url');
}
