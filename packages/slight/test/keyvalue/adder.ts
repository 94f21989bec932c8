/** A process of its own that adds 1 to a counter, again and again, and says each sum. Arguments: folder, how often. */
import { writeSync } from 'node:fs';
import { openKeyValue } from '../../src/capabilities/core/registry.ts';

const [dataDir = '', times = '0'] = process.argv.slice(2);
const bind = { name: 'counts', bind: 'sqlite', config: {} };
const store = await openKeyValue(bind, { dataDir, timeout: 20_000 });
for (let i = 0; i < Number(times); i++) writeSync(1, `${await store.increment('count', 1n)}\n`);
await store.close();
