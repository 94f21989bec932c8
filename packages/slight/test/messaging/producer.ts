/**
 * A process of its own that publishes without end, several messages at a time, and says each one's body once it is
 * confirmed. Arguments: folder, what bodies begin with.
 */
import { writeSync } from 'node:fs';
import { openCapability } from '../../src/capabilities/core/open.ts';

const [dataDir = '', prefix = ''] = process.argv.slice(2);
const messages = await openCapability(
  'messaging',
  { name: 'events', bind: 'sqlite', config: {} },
  { dataDir, timeout: 20_000 },
);
let next = 0;
async function publish(): Promise<void> {
  for (;;) {
    const text = `${prefix}-${next++}`;
    await messages.publish('work', Buffer.from(text));
    writeSync(1, `${text}\n`);
  }
}
await Promise.all(Array.from({ length: 8 }, publish));
