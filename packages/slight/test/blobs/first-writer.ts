/** A process of its own that wants to be the first to write each of so many objects, and says which it was. Arguments: folder, how many, its name. */
import { writeSync } from 'node:fs';
import { CapabilityError } from '../../src/capabilities/core/error.ts';
import { openCapability } from '../../src/capabilities/core/open.ts';

const [dataDir = '', count = '0', self = ''] = process.argv.slice(2);
const bind = { name: 'files', bind: 'filesystem', config: {} };
const blobs = await openCapability('blobs', bind, { dataDir, timeout: 20_000 });
for (let i = 0; i < Number(count); i++) {
  try {
    const stream = await blobs.write('box', `o${i}`, { onlyIfAbsent: true });
    await stream.write(Buffer.from(self));
    await stream.finish();
    writeSync(1, `o${i}\n`);
  } catch (error) {
    if (!(error instanceof CapabilityError && error.code === 'already-exists')) throw error;
  }
}
await blobs.close();
