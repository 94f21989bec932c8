/** A process of its own that adds 1 to a counter, again and again, and says each sum. Arguments: bind, folder, how often. */
import { writeSync } from 'node:fs';
import { openCapability } from '../../src/capabilities/core/open.ts';

const [bind = '', dataDir = '', times = '0'] = process.argv.slice(2);
const store = await openCapability(
  'keyvalue',
  { name: 'counts', bind, config: {} },
  { dataDir, timeout: 20_000 },
);
for (let i = 0; i < Number(times); i++) writeSync(1, `${await store.increment('count', 1n)}\n`);
await store.close();
