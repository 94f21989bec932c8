import { readFileSync } from 'node:fs';

/**
 * V8 gives a call that may suspend a stack of its own, keeps some 20 of them and leaks the addresses of all others that
 * were needed at the same time: 176 KiB each with stacks of 128 KiB (measured). Memory is not lost, addresses are, and
 * at their end V8 aborts the process. So a worker tells in time that it should be replaced.
 */
export interface AddressSpace {
  /** Hears how many requests are at work when one starts. Undefined where the system tells the size itself. */
  readonly note: ((busy: number) => void) | undefined;
  close(): void;
}

export interface AddressSpaceOptions {
  /** Most instances at work at once: each reserves addresses for its memory. */
  readonly instances: number;
  onWorn(reason: string): void;
  /** For tests: bytes of addresses in use; undefined where the system does not tell. */
  readonly measure?: (() => number | undefined) | undefined;
  /** For tests: milliseconds between two looks. */
  readonly interval?: number;
}

const tebibyte = 1024 ** 4;
/** What V8 reserves for one memory of a guest. */
const reserved = 8 * 1024 ** 3;
/** User space of x86-64, and of arm64 on macOS and Windows. */
const usualSpace = 2 ** 47;
/** Overlapping calls up to here have V8's kept stacks. */
const keptStacks = 20;
/** What one request may leak at most where nothing can be measured: a few calls, none of them within the kept stacks. */
const leakedByRequest = 1024 ** 2;

/**
 * Watches how much of its address space this process has used up, and tells once in a minute when it is more than half,
 * beside what its instances need. At 10,000 overlapping calls in a second that takes about ten hours, so there is time
 * for a replacement. On Linux the size is read from the system; elsewhere overlapping requests are counted.
 */
export function watchAddressSpace(options: AddressSpaceOptions): AddressSpace {
  const { instances, onWorn, measure = measureAddresses, interval = 5_000 } = options;
  const counts = measure() === undefined;
  const space = counts ? usualSpace : findSpace();
  const limit = space / 2 + Math.min(instances * reserved, space / 4);
  let overlapping = 0;
  let quietUntil = 0;

  function look(): void {
    const used = counts ? overlapping * leakedByRequest : (measure() ?? 0);
    if (used <= limit || performance.now() < quietUntil) return;
    quietUntil = performance.now() + 60_000;
    onWorn(
      counts
        ? `it has served ${overlapping} overlapping requests`
        : `it uses ${(used / tebibyte).toFixed(1)} TiB of addresses, of ${(space / tebibyte).toFixed(1)}`,
    );
  }

  const timer = setInterval(look, interval);
  timer.unref();
  return {
    note: counts
      ? (busy) => {
          if (busy >= keptStacks) overlapping++;
        }
      : undefined,
    close: () => clearInterval(timer),
  };
}

/** Linux: the size of this process in bytes, without regard to what is in memory. */
function measureAddresses(): number | undefined {
  const size = read('/proc/self/status').match(/^VmSize:\s+(\d+) kB$/m)?.[1];
  return size === undefined ? undefined : Number(size) * 1024;
}

/** Linux: the stack lies at the top of the user's part, whose size is a power of two. */
function findSpace(): number {
  const top = read('/proc/self/maps').match(/^[\da-f]+-([\da-f]+) .*\[stack\]$/m)?.[1];
  return top === undefined ? usualSpace : 2 ** Math.ceil(Math.log2(Number.parseInt(top, 16)));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
