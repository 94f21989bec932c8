/** The statements of the PostgreSQL backend. `$1` is the store, `$2` the key; times are milliseconds from now. */

/** A write, by itself and under a fence: then its lock and token come last, and a row always comes back. */
export interface Write {
  readonly plain: string;
  readonly fenced: string;
}

export const tables = `
  CREATE SEQUENCE IF NOT EXISTS slight_versions;
  CREATE TABLE IF NOT EXISTS slight_values (
    store text NOT NULL,
    key bytea NOT NULL,
    value bytea NOT NULL,
    version bigint NOT NULL DEFAULT nextval('slight_versions'),
    expires timestamptz,
    PRIMARY KEY (store, key)
  );
  CREATE INDEX IF NOT EXISTS slight_values_expires ON slight_values (expires) WHERE expires IS NOT NULL;
  CREATE TABLE IF NOT EXISTS slight_fences (
    store text NOT NULL,
    key bytea NOT NULL,
    lock text NOT NULL,
    token numeric(20) NOT NULL,
    PRIMARY KEY (store, key, lock)
  )`;

/** What says on a channel that a row was written or removed: made for the first watch, since each write pays for it. */
export const teller = `
  CREATE OR REPLACE FUNCTION slight_tell() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE told record;
    BEGIN
      told := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
      PERFORM pg_notify('slight_values', told.store || '/' || encode(told.key, 'hex') || '/'
        || CASE WHEN TG_OP = 'DELETE' THEN '' ELSE coalesce(extract(epoch FROM told.expires)::text, '') END);
      RETURN NULL;
    END $$;
  CREATE OR REPLACE TRIGGER slight_tell AFTER INSERT OR UPDATE OR DELETE ON slight_values
    FOR EACH ROW EXECUTE FUNCTION slight_tell()`;
export const channel = 'slight_values';
/** Of the keys from `$2` on, before `$3` where there is one, those that expire, and when. */
export const ends = `SELECT key, extract(epoch FROM expires)::float8 * 1000 AS ends FROM slight_values
  WHERE store = $1 AND key >= $2 AND ($3::bytea IS NULL OR key < $3) AND expires > clock_timestamp()`;

/** Takes away what has expired, some at a time. */
export const sweep = `DELETE FROM slight_values WHERE (store, key) IN
  (SELECT store, key FROM slight_values WHERE expires < clock_timestamp() LIMIT 1000 FOR UPDATE SKIP LOCKED)`;

const there = '(expires IS NULL OR expires > clock_timestamp())';
const until = (parameter: number) => `clock_timestamp() + $${parameter}::float8 * interval '1 ms'`;

export const get = `SELECT value, version FROM slight_values WHERE store = $1 AND key = $2 AND ${there}`;
export const exists = `SELECT 1 FROM slight_values WHERE store = $1 AND key = $2 AND ${there}`;
export const sizeOfMany = `SELECT coalesce(sum(octet_length(value)), 0) AS bytes FROM slight_values
  WHERE store = $1 AND key = ANY($2::bytea[]) AND ${there}`;
export const getMany = `SELECT key, value FROM slight_values WHERE store = $1 AND key = ANY($2::bytea[]) AND ${there}`;
/** From `$2` on, behind `$3` where there is one, `$4` of them, before `$5` where there is one. */
export const list = `SELECT key FROM slight_values WHERE store = $1 AND key >= $2 AND ($3::bytea IS NULL OR key > $3)
  AND ($5::bytea IS NULL OR key < $5) AND ${there} ORDER BY key LIMIT $4`;
/** The highest token of the lock `$3`. */
export const seen = 'SELECT token FROM slight_fences WHERE store = $1 AND key = $2 AND lock = $3';

/**
 * Makes a statement that writes, in both ways. With a fence it is one step too: the row of the fence is written first and
 * locked, so of two writers under one lock the second sees what the first wrote.
 *
 * @param statement from the rows `(store, key)` of `target`; `$` numbers up to `parameters`
 */
function write(parameters: number, statement: (target: string) => string): Write {
  const [lock, token] = [parameters + 1, parameters + 2];
  return {
    plain: statement('(SELECT $1::text AS store, $2::bytea AS key)'),
    fenced: `WITH fence AS (
        INSERT INTO slight_fences AS f VALUES ($1, $2, $${lock}, $${token}::numeric)
        ON CONFLICT (store, key, lock) DO UPDATE SET token = excluded.token WHERE f.token <= excluded.token
        RETURNING f.store, f.key
      ), written AS (${statement('fence')})
      SELECT EXISTS (SELECT FROM fence) AS admitted, (SELECT max(version) FROM written) AS version`,
  };
}

const insert = (target: string) => `INSERT INTO slight_values AS v (store, key, value, expires)
  SELECT t.store, t.key, $3::bytea, ${until(4)} FROM ${target} t ON CONFLICT (store, key) DO UPDATE SET value = excluded.value,
  version = excluded.version, expires = excluded.expires`;

/** `$3` the value, `$4` its ttl or null. */
export const put = write(4, (target) => `${insert(target)} RETURNING version`);
/** The same where nothing is there. */
export const add = write(
  4,
  (target) => `${insert(target)} WHERE v.expires <= clock_timestamp() RETURNING version`,
);
/** The same where the version is `$5`. */
export const swap = write(
  5,
  (
    target,
  ) => `UPDATE slight_values v SET value = $3, expires = ${until(4)}, version = nextval('slight_versions')
    FROM ${target} t WHERE v.store = t.store AND v.key = t.key AND v.version = $5::bigint
    AND (v.expires IS NULL OR v.expires > clock_timestamp()) RETURNING v.version`,
);
/** `$3` the value, where the version is `$4`; it keeps its ttl. */
export const count = write(
  4,
  (target) => `UPDATE slight_values v SET value = $3, version = nextval('slight_versions')
    FROM ${target} t WHERE v.store = t.store AND v.key = t.key AND v.version = $4::bigint
    AND (v.expires IS NULL OR v.expires > clock_timestamp()) RETURNING v.version`,
);
export const remove = write(
  2,
  (target) =>
    `DELETE FROM slight_values v USING ${target} t WHERE v.store = t.store AND v.key = t.key RETURNING v.version`,
);

/** `$2` the keys, `$3` the values, `$4` their ttl or null. */
export const putMany = `INSERT INTO slight_values AS v (store, key, value, expires)
  SELECT $1, t.key, t.value, ${until(4)} FROM unnest($2::bytea[], $3::bytea[]) AS t (key, value) ORDER BY t.key
  ON CONFLICT (store, key) DO UPDATE SET value = excluded.value, version = excluded.version, expires = excluded.expires`;
export const removeMany = `DELETE FROM slight_values WHERE store = $1 AND key = ANY($2::bytea[])`;

/** The first key behind all that begin with `prefix`; null: there is none. */
export function behind(prefix: Buffer): Buffer | null {
  const bytes = Buffer.from(prefix);
  const last = bytes.findLastIndex((byte) => byte < 0xff);
  if (last < 0) return null;
  bytes[last]!++;
  return bytes.subarray(0, last + 1);
}
