import { constants } from 'node:sqlite';

/**
 * What an app's SQL may do in its own database: read, write and change its tables. SQLite asks for each thing that a
 * statement would do while it is prepared, also for what triggers and views hide; what is not named here is denied.
 */

/** What a statement was seen to do. All but `writes` are of itself: what a trigger does besides is not counted by SQLite. */
export interface Seen {
  writes: boolean;
  inserts: boolean;
  updates: boolean;
  deletes: boolean;
  /** The table into which it inserts. */
  into: string | undefined;
}

export const seenNothing = (): Seen => ({
  writes: false,
  inserts: false,
  updates: false,
  deletes: false,
  into: undefined,
});

const allowed = new Set([
  constants.SQLITE_SELECT,
  constants.SQLITE_READ,
  constants.SQLITE_RECURSIVE,
  constants.SQLITE_INSERT,
  constants.SQLITE_UPDATE,
  constants.SQLITE_DELETE,
  constants.SQLITE_CREATE_TABLE,
  constants.SQLITE_CREATE_INDEX,
  constants.SQLITE_CREATE_VIEW,
  constants.SQLITE_CREATE_TRIGGER,
  constants.SQLITE_CREATE_VTABLE,
  constants.SQLITE_DROP_TABLE,
  constants.SQLITE_DROP_INDEX,
  constants.SQLITE_DROP_VIEW,
  constants.SQLITE_DROP_TRIGGER,
  constants.SQLITE_DROP_VTABLE,
  constants.SQLITE_ALTER_TABLE,
  constants.SQLITE_REINDEX,
  constants.SQLITE_ANALYZE,
  constants.SQLITE_FUNCTION,
  constants.SQLITE_PRAGMA,
]);
const reading = new Set([
  constants.SQLITE_SELECT,
  constants.SQLITE_READ,
  constants.SQLITE_RECURSIVE,
  constants.SQLITE_FUNCTION,
]);

/** Names for messages. What is temporary would stay with a connection that others use later. */
const names: { readonly [action: number]: string } = {
  [constants.SQLITE_ATTACH]: 'ATTACH (VACUUM too): another file',
  [constants.SQLITE_DETACH]: 'DETACH',
  [constants.SQLITE_TRANSACTION]: 'BEGIN, COMMIT and ROLLBACK: use a transaction of the interface',
  [constants.SQLITE_SAVEPOINT]: 'SAVEPOINT: use a transaction of the interface',
  [constants.SQLITE_CREATE_TEMP_TABLE]: 'a temporary table',
  [constants.SQLITE_CREATE_TEMP_INDEX]: 'a temporary index',
  [constants.SQLITE_CREATE_TEMP_VIEW]: 'a temporary view',
  [constants.SQLITE_CREATE_TEMP_TRIGGER]: 'a temporary trigger',
};

/** Reading the file's pages, or what others ask. */
const innerTables = new Set([
  'bytecode',
  'dbstat',
  'sqlite_dbdata',
  'sqlite_dbpage',
  'sqlite_dbptr',
  'sqlite_stmt',
  'tables_used',
]);
/** Kinds of virtual tables that keep to the database. */
const modules = new Set(['fts5', 'fts5vocab', 'rtree', 'rtree_i32', 'geopoly']);
const functions = new Set([
  'load_extension',
  'fts3_tokenizer',
  'sqlite_log',
  'readfile',
  'writefile',
  'edit',
]);

/** PRAGMAs that only tell, whatever they are given. */
const tellingPragmas = new Set([
  'foreign_key_check',
  'foreign_key_list',
  'function_list',
  'index_info',
  'index_list',
  'index_xinfo',
  'integrity_check',
  'quick_check',
  'table_info',
  'table_list',
  'table_xinfo',
]);
/** Those that tell where they are given nothing, and change the connection otherwise. */
const askedPragmas = new Set([
  'application_id',
  'collation_list',
  'compile_options',
  'data_version',
  'encoding',
  'foreign_keys',
  'freelist_count',
  'page_count',
  'page_size',
  'schema_version',
  'user_version',
]);

/**
 * Why a statement may not do this, or undefined where it may; notes what it does.
 * @param within the trigger or the view that does it
 */
export function judge(
  seen: Seen,
  action: number,
  first: string | null,
  second: string | null,
  database: string | null,
  within: string | null,
): string | undefined {
  if (!allowed.has(action)) return names[action] ?? `this kind of statement (action ${action})`;
  switch (action) {
    case constants.SQLITE_READ:
      return first !== null && innerTables.has(first.toLowerCase()) ? `the table ${first}` : undefined;
    case constants.SQLITE_FUNCTION:
      return second !== null && functions.has(second.toLowerCase()) ? `the function ${second}` : undefined;
    case constants.SQLITE_CREATE_VTABLE:
      if (second === null || !modules.has(second.toLowerCase())) return `virtual tables of ${second}`;
      break;
    case constants.SQLITE_PRAGMA:
      return judgePragma(seen, String(first).toLowerCase(), second);
  }
  if (reading.has(action)) return undefined;
  // ALTER TABLE also renames what is in SQLite's own table of temporary things, where nothing is.
  if (database?.toLowerCase() === 'temp') {
    return action === constants.SQLITE_UPDATE && first === 'sqlite_temp_master'
      ? undefined
      : 'what is temporary';
  }
  seen.writes = true;
  // DDL writes into tables of SQLite's own, and is not counted.
  if (within === null && first !== null && !/^sqlite_/i.test(first)) {
    if (action === constants.SQLITE_INSERT) {
      seen.inserts = true;
      seen.into = first;
    }
    if (action === constants.SQLITE_UPDATE) seen.updates = true;
    if (action === constants.SQLITE_DELETE) seen.deletes = true;
  }
  return undefined;
}

function judgePragma(seen: Seen, name: string, value: string | null): string | undefined {
  if (tellingPragmas.has(name)) return undefined;
  if (askedPragmas.has(name) && value === null) return undefined;
  // The number of an app's own migrations: it lies in the file, and is written as data is.
  if (name === 'user_version' || name === 'application_id' || name === 'optimize') {
    seen.writes = true;
    return undefined;
  }
  return `PRAGMA ${name}${value === null ? '' : ' with a value'}`;
}
