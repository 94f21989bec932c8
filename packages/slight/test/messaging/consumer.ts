/**
 * A process of its own that works on the messages of group `workers`: it writes each body into a file that others append
 * to as well, as a line, and acks it afterwards. Says `ready`; ends once its input has ended and nothing more comes.
 * Arguments: folder, file, settings (JSON), where the messages are.
 */
import { openSync, writeSync } from 'node:fs';
import { openCapability } from '../../src/capabilities/core/open.ts';

const [dataDir = '', file = '', settings = '{}', bind = 'sqlite'] = process.argv.slice(2);
const config = JSON.parse(settings) as { [key: string]: string };
const messages = await openCapability(
  'messaging',
  { name: 'events', bind, config },
  { dataDir, timeout: 20_000 },
);
const fd = openSync(file, 'a');
let ending = false;
process.stdin.on('end', () => (ending = true)).resume();
writeSync(1, 'ready\n');
for (;;) {
  const deliveries = await messages.receive('workers', { max: 50, wait: 200 });
  if (deliveries.length === 0 && ending) break;
  // One line is one write, so lines of several processes stand in the order in which they were written.
  for (const { body } of deliveries) writeSync(fd, `${Buffer.from(body).toString()}\n`);
  try {
    await messages.ack(deliveries.map(({ receipt }) => receipt));
  } catch (error) {
    // On a busy machine a short lease may end meanwhile; then another does them again.
    if ((error as { code?: string }).code !== 'precondition-failed') throw error;
  }
}
await messages.close();
