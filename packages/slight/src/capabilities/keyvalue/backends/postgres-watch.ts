import type { PostgresClient } from '../../../clients/postgres.ts';
import type { KeyValueWatch, Versioned, WatchTarget } from '../contract.ts';
import { makeExpiries } from '../expiries.ts';
import { lookAtPending, makePending, matches, watchBy } from '../watch.ts';
import * as sql from './postgres-statements.ts';

/** Watches by notifications that a trigger of the table sends, which arrive with the commit. */
export async function watchTable(
  client: PostgresClient,
  store: string,
  target: WatchTarget,
  look: (key: string) => Promise<Versioned | undefined>,
): Promise<KeyValueWatch> {
  const pending = makePending();
  let wake: () => void = () => undefined;
  const tell = (key: string): void => {
    pending.add({ key, change: 'set' });
    wake();
  };
  const expiries = makeExpiries(tell);
  const end = await client.listen(sql.channel, (payload) => {
    if (payload === '') {
      // The connection was away.
      pending.lose();
      return wake();
    }
    const [end = '', hex = '', ...name] = payload.split('/').toReversed();
    if (name.toReversed().join('/') !== store) return;
    const key = Buffer.from(hex, 'hex').toString();
    if (!matches(target, key)) return;
    expiries.note(key, end === '' ? undefined : Number(end) * 1_000);
    tell(key);
  });
  try {
    await client.makeTables(sql.teller);
    const from = Buffer.from('key' in target ? target.key : target.prefix);
    const rows = await client.query(sql.ends, [store, from, sql.behind(from)], false);
    for (const row of rows) {
      const key = String(row.key);
      if (matches(target, key)) expiries.note(key, Number(row.ends));
    }
  } catch (error) {
    end();
    throw error;
  }
  return watchBy(
    lookAtPending(pending, async (key) => {
      const found = await look(key);
      return found === undefined ? { key, change: 'delete' } : { key, change: 'set', version: found.version };
    }),
    (ring) => {
      wake = ring;
      return () => {
        end();
        expiries.close();
      };
    },
  );
}
