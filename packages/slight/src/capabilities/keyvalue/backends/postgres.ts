import { openPostgres, postgresPackage, postgresSettings } from '../../../clients/postgres.ts';
import type { PostgresRow } from '../../../clients/postgres.ts';
import { defineBackend } from '../../core/backend.ts';
import type { OpenContext } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import type { Fence } from '../../core/fence.ts';
import { staleFence } from '../../core/fence.ts';
import type { KeyPage, KeysOptions, KeyValue, KeyValueFeature, SwapResult, Versioned } from '../contract.ts';
import { checkTotal } from '../many.ts';
import { addDecimal, brokenCursor } from '../validate.ts';
import { watchTable } from './postgres-watch.ts';
import * as sql from './postgres-statements.ts';

/** Keeps values in two tables of a PostgreSQL database. Versions are numbers of one sequence, which gives none twice. */
export const postgres = defineBackend<KeyValue, KeyValueFeature>({
  scheme: 'postgres',
  capability: 'keyvalue',
  doc: "Values in the tables slight_values and slight_fences of a PostgreSQL database: postgres://user:password@host:port/database, TLS with ?sslmode=verify-full, which checks the server's certificate; require is TLS with whoever answers. A user who may not make tables needs them made by another (who opens it once, and watches it once where the app does), SELECT, INSERT, UPDATE and DELETE on them, and USAGE on the sequence slight_versions.",
  features: new Set([
    'list',
    'ordered',
    'ttl',
    'only-if-absent',
    'increment',
    'compare-and-swap',
    'fence',
    'watch',
    'durable-server',
    'shared',
  ]),
  config: postgresSettings,
  packages: [postgresPackage],
  open: openStore,
});

/** Keys whose values are asked for at once. */
const mostAtOnce = 100;
/** Milliseconds. */
const sweepEvery = 30_000;

async function openStore(context: OpenContext): Promise<KeyValue> {
  const { name } = context;
  const client = await openPostgres(context, sql.tables);
  // What has expired is not seen any more; that it lies there for a while costs room alone.
  const sweeping = setInterval(
    () => void client.query(sql.sweep, [], true).catch(() => undefined),
    sweepEvery,
  );
  sweeping.unref();
  const end = (ttl: number | undefined): number | null => (ttl === undefined ? null : Math.ceil(ttl));
  // Texts of PostgreSQL hold no zero bytes.
  const id = (key: string): Buffer => Buffer.from(key);
  const read = (statement: string, parameters: readonly unknown[]) =>
    client.query(statement, [name, ...parameters], false);

  /** A write under its fence, or without. @throws {CapabilityError} `precondition-failed` where the fence is old */
  async function write(
    statement: sql.Write,
    key: string,
    parameters: readonly unknown[],
    fence: Fence | undefined,
  ): Promise<PostgresRow | undefined> {
    const all = [name, id(key), ...parameters];
    if (fence === undefined) return (await client.query(statement.plain, all, true))[0];
    const [row] = await client.query(
      statement.fenced,
      [...all, encodeURIComponent(fence.lock), fence.token],
      true,
    );
    if (row!.admitted === true) return row!.version === null ? undefined : row;
    const [seen] = await read(sql.seen, [id(key), encodeURIComponent(fence.lock)]);
    throw staleFence(fence, String(seen?.token ?? fence.token));
  }

  async function getVersioned(key: string): Promise<Versioned | undefined> {
    const [row] = await read(sql.get, [id(key)]);
    return row && { value: row.value as Buffer, version: String(row.version) };
  }

  async function getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    const found: (Uint8Array | undefined)[] = [];
    let bytes = 0;
    // A little at a time: what is too much must not be in memory first.
    for (let from = 0; from < keys.length; from += mostAtOnce) {
      const some = keys.slice(from, from + mostAtOnce);
      const [size] = await read(sql.sizeOfMany, [some.map(id)]);
      checkTotal(bytes + Number(size!.bytes));
      const rows = await read(sql.getMany, [some.map(id)]);
      const values = new Map(rows.map(({ key, value }) => [(key as Buffer).toString(), value as Buffer]));
      for (const key of some) {
        const value = values.get(key);
        bytes += value?.byteLength ?? 0;
        found.push(value);
      }
      checkTotal(bytes);
    }
    return found;
  }

  async function keys({ prefix = '', cursor, limit = 1_000 }: KeysOptions = {}): Promise<KeyPage> {
    const after = cursor === undefined ? undefined : readCursor(cursor);
    const start = Buffer.from(prefix);
    const rows = await read(sql.list, [start, after ?? null, limit + 1, sql.behind(start)]);
    const page = rows.slice(0, limit).map(({ key }) => key as Buffer);
    const listed = page.map(String);
    return rows.length > limit
      ? { keys: listed, cursor: page.at(-1)!.toString('base64url') }
      : { keys: listed };
  }

  async function compareAndSwap(
    key: string,
    expected: string | undefined,
    value: Uint8Array,
    { ttl, fence }: { readonly ttl?: number; readonly fence?: Fence },
  ): Promise<SwapResult> {
    // What is no number was never a version.
    const version = expected === undefined ? null : /^\d{1,18}$/.test(expected) ? expected : '-1';
    const statement = version === null ? sql.add : sql.swap;
    const parameters = version === null ? [value, end(ttl)] : [value, end(ttl), version];
    const row = await write(statement, key, parameters, fence);
    if (row !== undefined) return { swapped: true, version: String(row.version) };
    const current = await getVersioned(key);
    return current === undefined ? { swapped: false } : { swapped: false, current };
  }

  async function increment(key: string, delta: bigint, fence: Fence | undefined): Promise<bigint> {
    for (;;) {
      const current = await getVersioned(key);
      const sum = addDecimal(current?.value, delta);
      const value = Buffer.from(String(sum));
      const row =
        current === undefined
          ? await write(sql.add, key, [value, null], fence)
          : await write(sql.count, key, [value, current.version], fence);
      if (row !== undefined) return sum;
    }
  }

  return {
    get: async (key) => (await getVersioned(key))?.value,
    getVersioned,
    async set(key, value, { ttl, onlyIfAbsent, fence } = {}) {
      const statement = onlyIfAbsent === true ? sql.add : sql.put;
      const row = await write(statement, key, [value, end(ttl)], fence);
      if (row === undefined) throw new CapabilityError('already-exists', 'the key has a value');
    },
    async delete(key, { fence } = {}) {
      const row = await write(sql.remove, key, [], fence);
      // What a writer with an older token was just about to commit, this one did not see; the second time it does.
      if (row === undefined && fence !== undefined) await write(sql.remove, key, [], fence);
    },
    exists: async (key) => (await read(sql.exists, [id(key)])).length > 0,
    keys,
    getMany,
    async setMany(entries, { ttl } = {}) {
      // Of two with one key the last stays; a statement writes each row once.
      const last = new Map(entries.map(({ key, value }) => [key, value]));
      await client.query(sql.putMany, [name, [...last.keys()].map(id), [...last.values()], end(ttl)], true);
    },
    async deleteMany(many) {
      await client.query(sql.removeMany, [name, many.map(id)], true);
    },
    increment: (key, delta, { fence } = {}) => increment(key, delta, fence),
    compareAndSwap: (key, expected, value, options = {}) => compareAndSwap(key, expected, value, options),
    watch: (target) => watchTable(client, name, target, getVersioned),
    async ping() {
      await read(sql.exists, [Buffer.from('ping')]);
    },
    close() {
      clearInterval(sweeping);
      client.release();
    },
  };
}

function readCursor(cursor: string): Buffer {
  const key = Buffer.from(cursor, 'base64url');
  if (key.length === 0 || key.toString('base64url') !== cursor) throw brokenCursor();
  return key;
}
