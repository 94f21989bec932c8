import { wait } from '#cloud/outgoing-http';
import type { Exchange } from '#cloud/outgoing-http';
import { addBackground, sleeper } from '../../phase.ts';

/**
 * Waits for answers without an event loop, as the timers do: other jobs go on first, turn by turn, so that all requests
 * which they make are under way; then the guest sleeps in short slices until one of them has something.
 */

/** Turns in which other jobs go on before the guest sleeps. */
const turns = 16;
/** Milliseconds of the first slice; each is twice as long as the one before. */
const firstSlice = 2;
/** Milliseconds of the longest slice: what a job may be kept from going on. */
const longestSlice = 20;

const waiting = new Map<Exchange, () => void>();
let looping = false;
let running = true;

addBackground({
  resume() {
    running = true;
    ensureLoop();
  },
  pause() {
    running = false;
  },
  stop() {
    running = false;
    waiting.clear();
  },
});
sleeper.sleep = (milliseconds) => {
  if (waiting.size === 0) return false;
  poll(milliseconds);
  return true;
};

/** Resolves when an exchange answers at once; `forget` gives up waiting. */
export function whenReady(exchange: Exchange): Promise<void> | undefined {
  if (wait([exchange], 0).length > 0) return undefined;
  return new Promise((resolve) => {
    waiting.set(exchange, resolve);
    ensureLoop();
  });
}

/** Ends the waiting of an exchange that is going to be dropped. */
export function stopWaiting(exchange: Exchange): void {
  const resolve = waiting.get(exchange);
  waiting.delete(exchange);
  resolve?.();
}

function ensureLoop(): void {
  if (looping || waiting.size === 0 || !running) return;
  looping = true;
  void loop();
}

async function loop(): Promise<void> {
  for (let slices = 0; ; slices++) {
    for (let turn = 0; turn < turns && waiting.size > 0; turn++) await undefined;
    if (waiting.size === 0 || !running) break;
    const slice = Math.min(firstSlice * 2 ** slices, longestSlice);
    if (poll(sleeper.timers ? 0 : slice)) slices = -1;
  }
  looping = false;
}

/** Whether something came meanwhile. */
function poll(milliseconds: number): boolean {
  const exchanges = [...waiting.keys()];
  const ready = wait(exchanges, milliseconds);
  for (const place of ready) stopWaiting(exchanges[place]!);
  return ready.length > 0;
}
