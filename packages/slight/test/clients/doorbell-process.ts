/**
 * A process of its own that listens to a doorbell: says `ready`, then a line for each call of its listener, and rings
 * itself for each line that it reads. Arguments: the file.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openDoorbell } from '../../src/clients/doorbell.ts';

const bell = openDoorbell(process.argv[2]!);
bell.listen(() => writeSync(1, 'heard\n'));
createInterface({ input: process.stdin })
  .on('line', () => bell.ring())
  // Nothing else keeps this process alive.
  .on('close', () => undefined);
writeSync(1, 'ready\n');
