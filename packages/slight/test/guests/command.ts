import { broadcast, log, openStore } from '@spiderlightning/guest';
import type { CommandHandler } from '@spiderlightning/guest';

// A program that does what its first argument says.

const runs = openStore('runs');

export const command: CommandHandler = async ([what, ...args]) => {
  switch (what) {
    case 'print':
      console.log('out', ...args);
      console.error('err');
      log('info', 'to the log');
      return 0;
    case 'lines':
      for (let line = 0; line < Number(args[0]); line++) console.log('line %d', line);
      return undefined;
    case 'say':
      broadcast('news', args[0] ?? '');
      return 0;
    case 'exit':
      return Number(args[0]);
    case 'throw':
      throw new RangeError('as it was told');
    case 'count':
      return await runs.increment('count');
    case 'compute': {
      for (const end = performance.now() + Number(args[0]); performance.now() < end;);
      console.log('computed');
      return 0;
    }
    case 'loop':
      console.log('loops');
      for (;;);
    case 'wait':
      console.log('waits');
      await new Promise((done) => setTimeout(done, 60_000));
  }
  console.log('nothing to do');
  return 2;
};
