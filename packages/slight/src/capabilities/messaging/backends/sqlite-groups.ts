import { randomInt } from 'node:crypto';
import type { SQLInputValue } from 'node:sqlite';
import type { SqliteDatabase } from '../../../clients/sqlite.ts';
import { publishOnceWindow } from '../contract.ts';
import type { Counts, Delivery, Group, Header, Message } from '../contract.ts';
import { matchesAny } from '../topics.ts';
import { noGroup } from '../validate.ts';

/**
 * What the groups of one name have, as rows: statements that run inside of a transaction, at once. What it gives for
 * receipts says whether they still held.
 */
export interface SqliteGroups {
  subscribe(group: string, topics: readonly string[]): void;
  unsubscribe(group: string): void;
  list(): Group[];
  /** @throws {CapabilityError} `not-found` */
  idOf(group: string): bigint;
  /** Whether an id was not there within the window. */
  remember(id: string): boolean;
  /** For how many groups it was stored. */
  add(message: Message, due: number, transaction: object): number;
  addTo(group: bigint, message: Message, due: number): void;
  /** Whether there is something to take; a look without a transaction. */
  hasDue(group: string): boolean;
  /** Milliseconds until there is; undefined where nothing waits. */
  nextDue(group: string): number | undefined;
  take(group: string, max: number): Delivery[];
  ack(receipt: string): boolean;
  extend(receipt: string): boolean;
  giveBack(receipt: string, delay: number, counts: boolean): boolean;
  bury(receipt: string, reason: string): boolean;
  count(group: string): Counts;
}

/** As SQLite gives a message. */
export interface MessageRow {
  readonly seq: bigint;
  readonly key: string | null;
  readonly id: string;
  readonly topic: string;
  readonly headers: string;
  readonly body: Uint8Array;
}

type GivenRow = MessageRow & { readonly attempt: bigint };

/** How SQLite counts nothing. */
const none = 0n;

/** `due` of a message that waits for an older one of its key. */
const never = 8_640_000_000_000_000;

export function openGroups(
  database: SqliteDatabase,
  place: string,
  { lease, ordered }: { readonly lease: number; readonly ordered: boolean },
): SqliteGroups {
  const prepare = (sql: string) => database.prepare(sql);
  const make = prepare(
    `INSERT INTO groups (place, name, topics, ordered) VALUES (?, ?, ?, ${ordered ? 1 : 0})
     ON CONFLICT (place, name) DO UPDATE SET topics = excluded.topics`,
  );
  const all = prepare('SELECT id, name, topics FROM groups WHERE place = ? ORDER BY name');
  const find = prepare('SELECT id FROM groups WHERE place = ? AND name = ?');
  const forget = ['groups WHERE id', 'messages WHERE grp', 'dead WHERE grp'].map((rows) =>
    prepare(`DELETE FROM ${rows} = ?`),
  );
  const forgetIds = prepare(
    `DELETE FROM published WHERE (place, id) IN (SELECT place, id FROM published WHERE at <= ? LIMIT 3)`,
  );
  const rememberId = prepare(
    `INSERT INTO published (place, id, at) VALUES (?, ?, ?)
     ON CONFLICT (place, id) DO UPDATE SET at = excluded.at WHERE at <= ?`,
  );
  const insert = prepare(
    'INSERT INTO messages (grp, due, held, key, id, topic, headers, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const hasKey = prepare('SELECT 1 FROM messages WHERE grp = ? AND key = ? LIMIT 1');
  const hasDue = prepare('SELECT 1 FROM messages WHERE grp = ? AND due <= ? LIMIT 1');
  const firstDue = prepare('SELECT min(due) AS due FROM messages WHERE grp = ?');
  const giveOut = prepare(
    `UPDATE messages SET attempt = attempt + 1, lease = ?, due = ?
     WHERE seq IN (SELECT seq FROM messages WHERE grp = ? AND due <= ? ORDER BY due, seq LIMIT ?)
     RETURNING seq, attempt, key, id, topic, headers, body`,
  );
  const holds = 'seq = ? AND lease = ? AND due > ? AND grp = ?';
  const remove = prepare(`DELETE FROM messages WHERE ${holds}`);
  const keyOf = prepare(`SELECT key FROM messages WHERE ${holds}`);
  const isOurs = prepare('SELECT 1 FROM groups WHERE id = ? AND place = ?');
  const move = prepare(`UPDATE messages SET due = ? WHERE ${holds}`);
  const back = prepare(`UPDATE messages SET due = ?, attempt = attempt - ?, lease = 0 WHERE ${holds}`);
  const bury = prepare(
    `INSERT INTO dead (grp, attempts, reason, at, key, id, topic, headers, body)
     SELECT grp, attempt, ?, ?, key, id, topic, headers, body FROM messages WHERE ${holds}`,
  );
  const next = prepare(
    `UPDATE messages SET due = held, held = NULL
     WHERE seq = (SELECT min(seq) FROM messages WHERE grp = ? AND key = ?) AND held IS NOT NULL`,
  );
  const counts = prepare(
    `SELECT count(*) AS whole, count(*) FILTER (WHERE lease > 0 AND due > ?) AS leased,
            (SELECT count(*) FROM dead WHERE grp = ?) AS dead
     FROM messages WHERE grp = ?`,
  );
  /** Lists of topics as they are stored, read. */
  const patterns = new Map<string, readonly string[]>();
  const own = new Set<bigint>();
  /** The groups, as long as the transaction lasts in which they were read: nobody else writes meanwhile. */
  let current: { readonly transaction: object; readonly groups: ReturnType<typeof groups> } | undefined;

  function readTopics(text: string): readonly string[] {
    let topics = patterns.get(text);
    if (topics === undefined) patterns.set(text, (topics = JSON.parse(text) as string[]));
    return topics;
  }

  function groups(): { id: bigint; name: string; topics: readonly string[] }[] {
    const rows = all.all(place) as { id: bigint; name: string; topics: string }[];
    return rows.map(({ topics, ...row }) => ({ ...row, topics: readTopics(topics) }));
  }

  function idOf(group: string): bigint {
    const row = find.get(place, group) as { id: bigint } | undefined;
    if (row === undefined) throw noGroup(group);
    return row.id;
  }

  function addTo(group: bigint, { key, id, topic, headers, body }: Message, at: number): void {
    const waits = ordered && key !== undefined && hasKey.get(group, key) !== undefined;
    const row: SQLInputValue[] = [key ?? null, id, topic, JSON.stringify(headers), body];
    insert.run(group, waits ? never : at, waits ? at : null, ...row);
  }

  /** The values that `holds` asks for; of what is no receipt of this name, such that none fit. */
  function held(receipt: string): [seq: bigint, lease: bigint, now: number, group: bigint] {
    const match = /^(\d{1,18})-(\d{1,18})-(\d{1,18})$/.exec(receipt);
    const group = BigInt(match?.[3] ?? -1);
    if (match === null || !isOwn(group)) return [-1n, -1n, 0, -1n];
    return [BigInt(match[1]!), BigInt(match[2]!), Date.now(), group];
  }

  /** Numbers of groups are never used again, so one that was ours is nobody else's. */
  function isOwn(group: bigint): boolean {
    if (own.has(group)) return true;
    const found = isOurs.get(group, place) !== undefined;
    if (found) own.add(group);
    return found;
  }

  function settle(receipt: string): boolean {
    const values = held(receipt);
    const row = ordered ? (keyOf.get(...values) as { key: string | null } | undefined) : undefined;
    if (remove.run(...values).changes === none) return false;
    if (row !== undefined && row.key !== null) next.run(values[3], row.key);
    return true;
  }

  return {
    idOf,
    addTo,
    subscribe: (group, topics) => void make.run(place, group, JSON.stringify(topics)),
    unsubscribe(group) {
      current = undefined;
      const row = find.get(place, group) as { id: bigint } | undefined;
      if (row !== undefined) for (const each of forget) each.run(row.id);
    },
    list: () => groups().map(({ name, topics }) => ({ name, topics })),
    remember(id) {
      const now = Date.now();
      const old = now - publishOnceWindow;
      forgetIds.run(old);
      return rememberId.run(place, id, now, old).changes !== none;
    },
    add(message, at, transaction) {
      if (current?.transaction !== transaction) current = { transaction, groups: groups() };
      const meant = current.groups.filter(({ topics }) => matchesAny(topics, message.topic));
      for (const { id } of meant) addTo(id, message, at);
      return meant.length;
    },
    hasDue: (group) => hasDue.get(idOf(group), Date.now()) !== undefined,
    nextDue(group) {
      const { due: at } = firstDue.get(idOf(group)) as { due: bigint | null };
      return at === null || Number(at) >= never ? undefined : Math.max(0, Number(at) - Date.now());
    },
    take(group, max) {
      const now = Date.now();
      const id = idOf(group);
      // One number for all of them: a message has another each time.
      const number = randomInt(1, 2 ** 47);
      const rows = giveOut.all(number, now + lease, id, now, max) as unknown as GivenRow[];
      return rows
        .toSorted((a, b) => (a.seq < b.seq ? -1 : 1))
        .map((row) => {
          const receipt = `${row.seq}-${number}-${id}`;
          const attempt = Number(row.attempt);
          return { ...readMessage(row), group, attempt, receipt, lease, wantsReply: false };
        });
    },
    ack: settle,
    extend: (receipt) => move.run(Date.now() + lease, ...held(receipt)).changes !== none,
    giveBack: (receipt, delay, counted) =>
      back.run(Math.ceil(Date.now() + delay), counted ? 0 : 1, ...held(receipt)).changes !== none,
    bury(receipt, reason) {
      const stored = bury.run(reason, Date.now(), ...held(receipt)).changes !== none;
      return stored && settle(receipt);
    },
    count(group) {
      const id = idOf(group);
      const row = counts.get(Date.now(), id, id) as { whole: bigint; leased: bigint; dead: bigint };
      return {
        waiting: Number(row.whole - row.leased),
        leased: Number(row.leased),
        dead: Number(row.dead),
      };
    },
  };
}

export function readMessage({ key, id, topic, headers, body }: MessageRow): Message {
  return { id, topic, ...(key !== null && { key }), headers: JSON.parse(headers) as Header[], body };
}

/**
 * Brings what is stored into the order that the slightfile asks for, where it asked for another one before.
 * Runs inside of a transaction.
 */
export function reorderGroups(database: SqliteDatabase, place: string, ordered: boolean): void {
  const changed = database
    .prepare('UPDATE groups SET ordered = ? WHERE place = ? AND ordered <> ? RETURNING id')
    .all(ordered ? 1 : 0, place, ordered ? 1 : 0) as { id: bigint }[];
  const reorder = database.prepare(
    ordered
      ? `UPDATE messages SET held = due, due = ${never} WHERE grp = ? AND lease = 0 AND key IS NOT NULL
         AND EXISTS (SELECT 1 FROM messages AS older
                     WHERE older.grp = messages.grp AND older.key = messages.key AND older.seq < messages.seq)`
      : 'UPDATE messages SET due = held, held = NULL WHERE grp = ? AND held IS NOT NULL',
  );
  for (const { id } of changed) reorder.run(id);
}
