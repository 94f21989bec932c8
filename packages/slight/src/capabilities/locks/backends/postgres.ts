import { openPostgres, postgresPackage, postgresSettings } from '../../../clients/postgres.ts';
import { defineBackend } from '../../core/backend.ts';
import type { OpenContext } from '../../core/backend.ts';
import type { Grant, Locks, LocksFeature } from '../contract.ts';
import { linePatience, waitInLine } from '../line.ts';
import type { Line } from '../line.ts';
import { notHeld } from '../validate.ts';

/**
 * Locks in a table of a PostgreSQL database, by the clock of its server. A row for each lock stays for ever: its token only
 * grows. Who waits stands in a line of rows and hears of a release by a notification.
 */
export const postgres = defineBackend<Locks, LocksFeature>({
  scheme: 'postgres',
  capability: 'locks',
  doc: "Locks in the tables slight_locks and slight_lock_line of a PostgreSQL database: postgres://user:password@host:port/database, TLS with ?sslmode=verify-full, which checks the server's certificate; require is TLS with whoever answers. A user who may not make tables needs them made by another (who opens it once), SELECT, INSERT, UPDATE and DELETE on them, and USAGE on the sequence slight_lock_line_ticket_seq.",
  features: new Set(['durable-server', 'shared']),
  config: postgresSettings,
  packages: [postgresPackage],
  open: openLocks,
});

const tables = `
  CREATE TABLE IF NOT EXISTS slight_locks (
    place text NOT NULL,
    name text NOT NULL,
    token bigint NOT NULL,
    expires timestamptz NOT NULL,
    PRIMARY KEY (place, name)
  );
  CREATE TABLE IF NOT EXISTS slight_lock_line (
    ticket bigserial PRIMARY KEY,
    place text NOT NULL,
    name text NOT NULL,
    seen timestamptz NOT NULL
  );
  CREATE INDEX IF NOT EXISTS slight_lock_line_places ON slight_lock_line (place, name, ticket)`;

const channel = 'slight_locks';

const now = 'clock_timestamp()';
const soon = `${now} + $3::float8 * interval '1 ms'`;
const mine = `place = $1 AND name = $2 AND expires > ${now}`;
/** Milliseconds from now: the clocks of this machine and of the server differ. */
const left = `extract(epoch FROM expires - ${now})::float8 * 1000 AS "left"`;

/** `$4`: the ticket of who stands in line. Tokens go on from the time, also where the table was dropped meanwhile. */
const take = `WITH taken AS (INSERT INTO slight_locks AS l VALUES ($1, $2, (extract(epoch FROM ${now}) * 1000000)::bigint, ${soon})
  ON CONFLICT (place, name) DO UPDATE SET token = greatest(l.token + 1, excluded.token), expires = excluded.expires
  WHERE l.expires <= ${now} AND NOT EXISTS (SELECT FROM slight_lock_line w WHERE w.place = l.place AND w.name = l.name
    AND w.seen > ${now} - interval '${linePatience} ms' AND ($4::bigint IS NULL OR w.ticket < $4))
  RETURNING token, ${left}), gone AS (DELETE FROM slight_lock_line WHERE ticket = $4 AND EXISTS (SELECT FROM taken))
  SELECT token, "left" FROM taken`;
const look = `SELECT ${left} FROM slight_locks WHERE place = $1 AND name = $2`;
const renew = `UPDATE slight_locks SET expires = ${soon} WHERE ${mine} AND token = $4 RETURNING token, ${left}`;
const release = `WITH released AS (UPDATE slight_locks SET expires = 'epoch' WHERE ${mine} AND token = $3 RETURNING name),
  told AS (SELECT pg_notify('${channel}', $1 || '/' || name) FROM released)
  SELECT (SELECT count(*) FROM released) AS released, (SELECT count(*) FROM told) AS told`;
const stand = `INSERT INTO slight_lock_line (place, name, seen) VALUES ($1, $2, ${now}) RETURNING ticket`;
const show = `UPDATE slight_lock_line SET seen = ${now} WHERE ticket = $1 RETURNING ticket`;
const leave = `WITH gone AS (DELETE FROM slight_lock_line WHERE ticket = $1 RETURNING place, name),
  told AS (SELECT pg_notify('${channel}', place || '/' || name) FROM gone) SELECT count(*) FROM told`;
/** Those who were killed while they waited. */
const clear = `DELETE FROM slight_lock_line WHERE seen < ${now} - interval '1 minute'`;

async function openLocks(context: OpenContext): Promise<Locks> {
  const { name: place } = context;
  const client = await openPostgres(context, tables);

  /** PostgreSQL's texts hold no zero bytes. */
  const id = encodeURIComponent;

  async function tryTake(name: string, ttl: number, ticket: string | null): Promise<Grant | undefined> {
    const asked = Date.now();
    const [row] = await client.query(take, [place, id(name), ttl, ticket], true);
    return row && readGrant(row, asked);
  }

  const line: Line<string> = {
    async take(name, ttl, ticket) {
      const grant = await tryTake(name, ttl, ticket);
      if (grant !== undefined) return grant;
      const [row] = await client.query(look, [place, id(name)], false);
      return { again: Math.max(Number(row?.left ?? 0), 0) + 1 };
    },
    async stand(name, ticket) {
      if (ticket !== undefined && (await client.query(show, [ticket], true)).length > 0) return ticket;
      await client.query(clear, [], true);
      const [row] = await client.query(stand, [place, id(name)], true);
      return String(row!.ticket);
    },
    async leave(_, ticket) {
      await client.query(leave, [ticket], true);
    },
    listen: (name, wake) =>
      client.listen(channel, (payload) => {
        if (payload === '' || payload === `${place}/${id(name)}`) wake();
      }),
  };

  return {
    async acquire(name, ttl, wait, signal) {
      const grant = await tryTake(name, ttl, null);
      return grant ?? (wait > 0 ? waitInLine(line, name, ttl, wait, signal) : undefined);
    },
    async renew(name, token, ttl) {
      const asked = Date.now();
      const [row] = await client.query(renew, [place, id(name), ttl, String(token)], true);
      if (row === undefined) throw notHeld(name);
      return readGrant(row, asked);
    },
    async release(name, token) {
      const [row] = await client.query(release, [place, id(name), String(token)], true);
      if (Number(row!.released) === 0) throw notHeld(name);
    },
    async ping() {
      await client.query(look, [place, 'ping'], false);
    },
    close: () => client.release(),
  };
}

/** @param asked when it was asked for: the answer may come long after what is left was told */
function readGrant({ token, left: milliseconds }: { token?: string; left?: number }, asked: number): Grant {
  return { token: BigInt(token!), expires: Math.floor(asked + milliseconds!) };
}
