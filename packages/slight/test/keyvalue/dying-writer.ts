/**
 * A process of its own that dies by SIGKILL in the middle of a write, before the file system call with a given number.
 * Ends with 0 where the write has fewer. Arguments: folder, number of the call, what to write (JSON of key, value, ttl; or
 * of key alone, to delete).
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [dataDir = '', last = '', step = ''] = process.argv.slice(2);
const { key, value, ttl } = JSON.parse(step) as { key: string; value?: string; ttl?: number };
const calls = ['openSync', 'writeFileSync', 'fsync', 'renameSync', 'rmSync', 'closeSync'] as const;
let counting = false;
let count = 0;
for (const name of calls) {
  const call = fs[name] as (...given: unknown[]) => unknown;
  (fs as { [name: string]: unknown })[name] = (...given: unknown[]) => {
    if (counting && ++count === Number(last)) process.kill(process.pid, 'SIGKILL');
    return call(...given);
  };
}
syncBuiltinESMExports();

const { openCapability } = await import('../../src/capabilities/core/open.ts');
const bind = { name: 'orders', bind: 'filesystem', config: {} };
const store = await openCapability('keyvalue', bind, { dataDir, timeout: 5_000 });
counting = true;
if (value === undefined) await store.delete(key);
else await store.set(key, Buffer.from(value), ttl === undefined ? {} : { ttl });
counting = false;
await store.close();
