import type { Platform } from '../core/thread.ts';
import { WATCHDOG_SOURCE } from '../core/watchdog.ts';

/** What is used of browsers. The types of the DOM are not loaded here. */
interface BrowserGlobals {
  readonly crossOriginIsolated: boolean;
  Worker: new (url: string) => { postMessage(message: unknown, transfer: []): void };
  Blob: new (parts: readonly string[], options: { type: string }) => object;
  URL: { createObjectURL(blob: object): string };
}

/**
 * The platform of browsers, and of others that have the web's interfaces. The watchdog needs a page that is
 * cross-origin isolated; elsewhere guests run uninterrupted.
 */
export function createBrowserPlatform(): Platform {
  const browser = globalThis as unknown as BrowserGlobals;
  const waiting: (() => void)[] = [];
  let channel: MessageChannel | undefined;
  const openChannel = (): MessageChannel => {
    const opened = new MessageChannel();
    opened.port1.addEventListener('message', () => waiting.shift()!());
    opened.port1.start();
    return opened;
  };
  return {
    now: () => performance.now(),
    cpu: () => performance.now(),
    turn: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        (channel ??= openChannel()).port2.postMessage(undefined);
      }),
    startWatchdog(words) {
      if (!browser.crossOriginIsolated) return;
      const source = `onmessage = (event) => (${WATCHDOG_SOURCE})(event.data)`;
      const url = browser.URL.createObjectURL(new browser.Blob([source], { type: 'text/javascript' }));
      new browser.Worker(url).postMessage(words, []);
    },
  };
}
