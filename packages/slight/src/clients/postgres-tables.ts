import type { Pool, PoolClient } from 'pg';

export type ServerError = Error & { code?: string; severity?: string };

/** Whether the server answered so; any other error leaves the connection in a state that nobody knows. */
export function isAnswer({ severity, code = '' }: ServerError): boolean {
  return severity !== undefined && /^[0-9A-Z]{5}$/.test(code);
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
  let broken = false;
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [makingTables]);
    await client.query(statements);
    await client.query('COMMIT');
  } catch (error) {
    broken = !isAnswer(error as ServerError);
    if (!broken) await rollBack(client);
    if ((error as ServerError).code !== notAllowed || !(await areThere(client, statements))) throw error;
  } finally {
    client.release(broken);
  }
}

async function rollBack(client: PoolClient): Promise<void> {
  await client.query('ROLLBACK').catch(() => undefined);
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
