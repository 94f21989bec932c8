import { flushCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';

/** KiB of the stack of a call that may wait. V8 leaks the addresses of those beyond a fixed pool. */
const small = 128;
/** V8's own. With any other size it takes none of the code for its own that was compiled with this one. */
const usual = 984;

/**
 * Gives the calls from now on small stacks. It is no flag of the process: Node would have to compile all of itself, which
 * takes longer than the rest of its start. So call it when most is loaded that a start needs, and before the first guest is made: V8
 * uses a stack again, whatever its size.
 */
export function useSmallStacks(): void {
  setStacks(small);
  // Node keeps what is left to be kept when it ends. However often this is called, it is said once.
  process.off('exit', useUsualStacks).once('exit', useUsualStacks);
}

/** Writes down what V8 has compiled of the host, as the next start will ask for it. */
export function keepCompiled(): void {
  useUsualStacks();
  try {
    flushCompileCache();
  } finally {
    setStacks(small);
  }
}

function useUsualStacks(): void {
  setStacks(usual);
}

function setStacks(size: number): void {
  setFlagsFromString(`--wasm-stack-switching-stack-size=${size}`);
}
