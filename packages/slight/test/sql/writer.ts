/**
 * A process of its own that writes pairs of rows, one pair in each transaction, in a batch or with a transaction in turn,
 * and says the number of each pair that was committed. Arguments: folder, first number, how many.
 */
import { writeSync } from 'node:fs';
import { openCapability } from '../../src/capabilities/core/open.ts';

const [dataDir = '', first = '0', count = '0'] = process.argv.slice(2);
const bind = { name: 'pairs', bind: 'sqlite', config: {} };
const db = await openCapability('sql', bind, { dataDir, timeout: 20_000 });
for (let pair = BigInt(first); pair < BigInt(first) + BigInt(count); pair++) {
  const statements = ['a', 'b'].map((table) => ({
    text: `INSERT INTO ${table} (pair, filler) VALUES (?, ?)`,
    parameters: [pair, new Uint8Array(3_000).fill(Number(pair % 251n))],
  }));
  if (pair % 2n === 0n) await db.batch(statements);
  else {
    const transaction = await db.begin();
    for (const statement of statements) await transaction.execute(statement);
    await transaction.commit();
  }
  writeSync(1, `${pair}\n`);
}
await db.close();
