import type { Platform } from '../core/thread.ts';
import { WATCHDOG_SOURCE } from '../core/watchdog.ts';

/** The platform of Node. Its modules are looked up at run time, so that nothing here stops a bundle for browsers. */
export function createNodePlatform(): Platform {
  return {
    now: () => performance.now(),
    cpu: () => {
      const { user, system } = process.threadCpuUsage();
      return (user + system) / 1000;
    },
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    startWatchdog(words) {
      const { Worker } = process.getBuiltinModule('node:worker_threads');
      try {
        new Worker(`(${WATCHDOG_SOURCE})(require('node:worker_threads').workerData)`, {
          eval: true,
          name: 'guest watchdog',
          workerData: words,
          // It reads nothing of the process's, and needs no more than the smallest heap.
          argv: [],
          env: {},
          execArgv: [],
          resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 },
        }).unref();
      } catch (cause) {
        throw new Error(
          'No guest can run, because the thread that interrupts busy guests cannot be started: under --permission, Node needs --allow-worker too',
          { cause },
        );
      }
    },
  };
}
