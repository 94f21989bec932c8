import type { SqliteDatabase } from '../../../clients/sqlite.ts';
import type { DeadLetterPage } from '../contract.ts';
import { brokenCursor } from '../validate.ts';
import { readMessage, type MessageRow, type SqliteGroups } from './sqlite-groups.ts';

/** The dead letters of one name's groups: statements, as those of the groups. */
export interface SqliteDeadLetters {
  list(group: string, cursor: string | undefined, limit: number): DeadLetterPage;
  redrive(group: string, ids: readonly string[] | undefined): number;
  purge(group: string, ids: readonly string[] | undefined): number;
}

type Row = MessageRow & {
  readonly attempts: bigint;
  readonly reason: string;
  readonly at: bigint;
};

export function openDeadLetters(database: SqliteDatabase, groups: SqliteGroups): SqliteDeadLetters {
  const page = database.prepare('SELECT * FROM dead WHERE grp = ? AND seq > ? ORDER BY seq LIMIT ?');
  const named = '(? IS NULL OR id IN (SELECT value FROM json_each(?)))';
  const find = database.prepare(`SELECT * FROM dead WHERE grp = ? AND ${named} ORDER BY seq`);
  const remove = database.prepare(`DELETE FROM dead WHERE grp = ? AND ${named}`);

  function purge(group: bigint, ids: readonly string[] | undefined): number {
    return Number(remove.run(group, ...select(ids)).changes);
  }

  return {
    list(group, cursor, limit) {
      if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) throw brokenCursor();
      const rows = page.all(groups.idOf(group), Number(cursor ?? 0), limit + 1) as unknown as Row[];
      const letters = rows.slice(0, limit).map((row) => ({
        ...readMessage(row),
        attempts: Number(row.attempts),
        reason: row.reason,
        at: Number(row.at),
      }));
      return rows.length > limit ? { letters, cursor: String(rows[limit - 1]!.seq) } : { letters };
    },
    redrive(group, ids) {
      const id = groups.idOf(group);
      for (const row of find.all(id, ...select(ids)) as unknown as Row[])
        groups.addTo(id, readMessage(row), Date.now());
      return purge(id, ids);
    },
    purge: (group, ids) => purge(groups.idOf(group), ids),
  };
}

function select(ids: readonly string[] | undefined): [string | null, string | null] {
  const list = ids === undefined ? null : JSON.stringify(ids);
  return [list, list];
}
