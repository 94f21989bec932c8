import type { Pool, PoolClient } from 'pg';

export type ServerError = Error & { code?: string; severity?: string };

/** Whether the server answered so; any other error leaves the connection in a state that nobody knows. */
export function isAnswer({ severity, code = '' }: ServerError): boolean {
  return severity !== undefined && /^[0-9A-Z]{5}$/.test(code);
}

/**
 * Whether the connection can be used on. Errors that are worse than a refused statement end it, a moment later: FATAL, PANIC.
 * A server that says all that in another language has its connections made anew after each refusal.
 */
export function keepsConnection(error: ServerError): boolean {
  return isAnswer(error) && error.severity === 'ERROR';
}

/** Two processes that make the same table at once would fail, so one waits for the other. */
const makingTables = 7_202_611_261;
/** SQLSTATE. */
const notAllowed = '42501';

/**
 * Makes what is missing. Who may not make anything, nor own it, can work with what somebody else has made.
 * @param statements that do nothing where it is there
 * @throws {ServerError}
 */
export async function makeTables(pool: Pool, statements: string): Promise<void> {
  const client = await pool.connect();
  // Whoever takes it next must find no transaction, and no statement that still runs.
  let clean = false;
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [makingTables]);
    await client.query(statements);
    await client.query('COMMIT');
    clean = true;
  } catch (error) {
    if (!keepsConnection(error as ServerError)) throw error;
    await client.query('ROLLBACK');
    const enough = (error as ServerError).code === notAllowed && (await areThere(client, statements));
    clean = true;
    if (!enough) throw error;
  } finally {
    client.release(!clean);
  }
}

/** Whether all is there that the statements make. */
async function areThere(client: PoolClient, statements: string): Promise<boolean> {
  const relations = [...statements.matchAll(/CREATE (?:TABLE|INDEX|SEQUENCE) IF NOT EXISTS (\w+)/g)];
  const triggers = [...statements.matchAll(/TRIGGER (\w+) [^;]*? ON (\w+)/g)];
  const { rows } = await client.query<{ missing: boolean }>(
    `SELECT EXISTS (SELECT FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL)
      OR EXISTS (SELECT FROM unnest($2::text[], $3::text[]) AS wanted(name, place) WHERE NOT EXISTS
        (SELECT FROM pg_trigger WHERE tgname = wanted.name AND tgrelid = to_regclass(wanted.place))) AS missing`,
    [
      relations.map(([, name]) => name),
      triggers.map(([, name]) => name),
      triggers.map(([, , place]) => place),
    ],
  );
  return rows[0]?.missing === false;
}
