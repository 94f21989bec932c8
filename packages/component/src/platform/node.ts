import type { Platform } from '../core/thread.ts';
import { USUAL_SPACE } from '../core/thread.ts';
import { WATCHDOG_SOURCE } from '../core/watchdog.ts';

/** The platform of Node. Its modules are looked up at run time, so that nothing here stops a bundle for browsers. */
export function createNodePlatform(): Platform {
  let all: number | undefined;
  return {
    now: () => performance.now(),
    cpu: () => {
      // Linux brings the time of a thread up to date at its ticks of some milliseconds, or where it sleeps; but to sum up
      // the time of all threads, it does so for the one that asks.
      process.cpuUsage();
      const { user, system } = process.threadCpuUsage();
      return (user + system) / 1000;
    },
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    addresses() {
      const used = read('/proc/self/status').match(/^VmSize:\s+(\d+) kB$/m)?.[1];
      return used === undefined ? undefined : { used: Number(used) * 1024, all: (all ??= findSpace()) };
    },
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

/** Linux: the stack lies at the top of the user's part, whose size is a power of two. */
function findSpace(): number {
  const top = read('/proc/self/maps').match(/^[\da-f]+-([\da-f]+) .*\[stack\]$/m)?.[1];
  return top === undefined ? USUAL_SPACE : 2 ** Math.ceil(Math.log2(Number.parseInt(top, 16)));
}

function read(path: string): string {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
