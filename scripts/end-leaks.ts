/**
 * Loaded into each test file's process. The runner waits for ever on a process whose tests are over; this ends one that
 * something still holds, as a failure, and says what holds it.
 */
import { after } from 'node:test';

const patience = 10_000;

// The runner's own process loads this too, and has no tests.
if (process.env.NODE_TEST_CONTEXT !== undefined) {
  after(() => {
    const timer = setTimeout(() => {
      const held = process.getActiveResourcesInfo().join(', ');
      process.stderr.write(`the tests of ${process.argv[1]} are over, and it does not end: ${held}\n`);
      process.exit(1);
    }, patience);
    timer.unref();
  });
}
