import type { Platform } from '../core/thread.ts';
import { SLICE_TIME, WATCHDOG_SOURCE } from '../core/watchdog.ts';

/** What is used of browsers. The types of the DOM are not loaded here. */
interface BrowserGlobals {
  readonly crossOriginIsolated?: boolean;
  Worker: new (url: string) => BrowserWorker;
  Blob: new (parts: readonly string[], options: { type: string }) => object;
  URL: { createObjectURL(blob: object): string; revokeObjectURL(url: string): void };
}

interface BrowserWorker {
  addEventListener(type: 'message' | 'error', listener: (event: { readonly message?: string }) => void): void;
  postMessage(message: unknown, transfer: []): void;
}

/** The platform of browsers. */
export interface BrowserPlatform extends Platform {
  /**
   * Resolves when the watchdog runs. A page's workers start only while the page is idle, so it has to run before the
   * first guest does. Where there can be none, a warning in the console says so: guests then run uninterrupted.
   */
  startWatchdog(words: Int32Array): Promise<void>;
}

/** The platform of browsers, and of others that have the web's interfaces. */
export function createBrowserPlatform(): BrowserPlatform {
  const waiting: (() => void)[] = [];
  let channel: MessageChannel | undefined;
  const openChannel = (): MessageChannel => {
    const opened = new MessageChannel();
    opened.port1.addEventListener('message', () => waiting.shift()!());
    opened.port1.start();
    return opened;
  };
  let last = 0;
  let spent = 0;
  return {
    now: () => performance.now(),
    cpu() {
      const now = performance.now();
      // A guest is looked at in each slice: more than that, this thread spent waiting for its turn on the machine.
      spent += Math.min(now - last, 2 * SLICE_TIME);
      last = now;
      return spent;
    },
    turn: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        (channel ??= openChannel()).port2.postMessage(undefined);
      }),
    async startWatchdog(words) {
      const problem = await startWorker(globalThis as unknown as BrowserGlobals, words);
      if (problem === undefined) return;
      console.warn(
        `WebAssembly guests run uninterrupted: ${problem}. The CPU budget of a call has no effect, and its deadline ` +
          'only while the guest waits for the host.',
      );
    },
  };
}

/** @returns why there is no watchdog */
async function startWorker(browser: BrowserGlobals, words: Int32Array): Promise<string | undefined> {
  if (browser.crossOriginIsolated !== true) {
    return (
      'memory cannot be shared with another thread, since the page is not cross-origin isolated. Serve it with the ' +
      'headers "Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp"'
    );
  }
  const source = `onmessage = (event) => { postMessage(0); (${WATCHDOG_SOURCE})(event.data); }`;
  const url = browser.URL.createObjectURL(new browser.Blob([source], { type: 'text/javascript' }));
  try {
    const worker = new browser.Worker(url);
    worker.postMessage(words, []);
    return await new Promise((resolve) => {
      worker.addEventListener('message', () => resolve(undefined));
      worker.addEventListener('error', ({ message = 'its policy may lack "worker-src blob:"' }) =>
        resolve(`the page cannot start a worker (${message})`),
      );
    });
  } catch (error) {
    return `the page cannot start a worker (${String(error)})`;
  } finally {
    browser.URL.revokeObjectURL(url);
  }
}
