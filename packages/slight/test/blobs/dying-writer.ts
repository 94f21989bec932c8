/**
 * A process of its own that writes objects one after the other until it is killed, and says which it was answered for.
 * Each is a number of bytes which are all the same: that of its name. Arguments: folder, where to begin.
 */
import { writeSync } from 'node:fs';
import { openCapability } from '../../src/capabilities/core/open.ts';

const [dataDir = '', first = '0'] = process.argv.slice(2);
const bind = { name: 'files', bind: 'filesystem', config: {} };
const blobs = await openCapability('blobs', bind, { dataDir, timeout: 20_000 });
for (let i = Number(first); ; i++) {
  // Some are new and some replace another; some are moved and some deleted.
  const name = `o${i % 40}`;
  const stream = await blobs.write('box', name, { contentType: `text/x-${i}` });
  for (let piece = 0; piece < 1 + (i % 5); piece++) await stream.write(Buffer.alloc(20_000, i % 251));
  await stream.finish();
  writeSync(1, `${JSON.stringify({ name, i })}\n`);
  if (i % 7 === 0) await blobs.move({ container: 'box', name }, { container: 'box', name: 'moved' });
  if (i % 11 === 0) await blobs.delete('box', [name]);
  if (i % 7 === 0 || i % 11 === 0) writeSync(1, `${JSON.stringify({ name, i, gone: true })}\n`);
}
