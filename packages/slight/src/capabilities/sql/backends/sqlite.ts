import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { nameOfKey } from '../../../clients/filesystem/names.ts';
import { explainSqlite } from '../../../clients/sqlite.ts';
import { isBusy, retryBusy } from '../../../clients/sqlite-busy.ts';
import { defineBackend, type OpenContext } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import type { Sql, SqlFeature } from '../contract.ts';
import { createRunnerPool } from './sqlite-pool.ts';
import { pooledSql } from './sqlite-sql.ts';

const usualConnections = 4;
const mostConnections = 32;

/** A SQLite file for each database. SQL runs in processes of its own, which are ended where a statement does not end. */
export const sqlite = defineBackend<Sql, SqlFeature>({
  scheme: 'sqlite',
  capability: 'sql',
  doc: 'A file in .slight/sql/ for each name, or the one that the bind names (`sqlite:./app.db`, from the slightfile on); several processes may share it.',
  features: new Set(['typed', 'last-insert-id', 'durable', 'shared']),
  config: {
    connections: {
      type: 'number',
      doc: 'how many statements run at the same time in each worker, each in a process of its own',
      default: usualConnections,
      example: '8',
    },
  },
  prepare: true,
  open: openSqlite,
});

async function openSqlite(context: OpenContext): Promise<Sql> {
  const { timeout, config } = context;
  const most = Number(config['connections']);
  if (!Number.isInteger(most) || most < 1 || most > mostConnections) {
    throw new CapabilityError(
      'invalid-argument',
      `\`connections\` is a whole number from 1 to ${mostConnections}`,
    );
  }
  const path = findPath(context);
  // Others may be making the same file now, and SQLite answers BUSY to that without waiting.
  const probe = await retryBusy(timeout, () => makeFile(path));
  const pool = createRunnerPool({ path, timeout: Math.ceil(timeout * 0.8) }, most);
  return {
    ...pooledSql(pool, timeout),
    ping: () => {
      try {
        probe.prepare('PRAGMA schema_version').get();
      } catch (error) {
        // Somebody has it for a moment, so it is there.
        if (!isBusy(error)) throw explainSqlite(error, path);
      }
    },
    close() {
      pool.close();
      probe.close();
    },
  };
}

function findPath({ name, bind, dataDir }: OpenContext): string {
  const given = /^sqlite:?(.*)$/is.exec(bind)?.[1] ?? '';
  if (given === '') return join(resolve(dataDir), 'sql', `${nameOfKey(name)}.db`);
  if (given.startsWith('//') || given.includes('?') || given.startsWith(':')) {
    throw new CapabilityError(
      'invalid-argument',
      'sqlite takes the path of a file: sqlite:./app.db, from the slightfile on, or sqlite:/var/lib/app.db',
    );
  }
  return resolve(dirname(dataDir), given);
}

/** Makes the file, and has it keep what is written in a journal beside it, so that who reads and who writes do not wait. */
function makeFile(path: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    if (!existsSync(dirname(path))) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    db = new DatabaseSync(path, { timeout: 0 });
    const { journal_mode: mode } = db.prepare('PRAGMA journal_mode').get() as { journal_mode: string };
    if (mode !== 'wal') db.exec('PRAGMA journal_mode = WAL');
    return db;
  } catch (error) {
    db?.close();
    throw explainSqlite(error, path);
  }
}
