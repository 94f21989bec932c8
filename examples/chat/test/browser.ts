import { Chromium } from '../../../packages/component/test/browser/chromium.ts';
import { waitUntil } from '../../../test/servers/process.ts';

/** A page in a profile of its own, as somebody's on another machine. */
export interface Page {
  /** Runs an expression in the page and gives its value. */
  evaluate<T>(expression: string): Promise<T>;
  /** Waits until an expression is true. */
  waitFor(what: string, expression: string): Promise<void>;
  /** Types into what has the focus, and presses a key at last. */
  type(text: string, key?: 'Enter' | 'Tab'): Promise<void>;
  /** A PNG of what is seen. */
  picture(width: number, height: number, scheme: 'light' | 'dark'): Promise<Buffer>;
  /** What went wrong in the page: exceptions, refusals of its policy, `console.error`. */
  readonly faults: readonly string[];
}

export interface Browser {
  open(url: string): Promise<Page>;
  end(): Promise<void>;
}

interface Answer {
  readonly id?: number;
  readonly result?: any;
  readonly error?: { readonly message: string };
  readonly method?: string;
  readonly params?: any;
  readonly sessionId?: string;
}

/** Starts a Chromium and speaks its DevTools protocol. */
export async function startBrowser(): Promise<Browser> {
  const chromium = new Chromium('about:blank', [
    'remote-debugging-port=0',
    'lang=en-GB',
    'hide-scrollbars',
    'window-size=1200,760',
  ]);
  const address = () => /DevTools listening on (ws:\S+)/.exec(chromium.output())?.[1];
  await waitUntil('Chromium listens', async () => address() !== undefined, 60_000);
  const socket = new WebSocket(address()!);
  await new Promise((opened, failed) => {
    socket.addEventListener('open', opened);
    socket.addEventListener('error', () =>
      failed(new Error(`no connection to Chromium:\n${chromium.output()}`)),
    );
  });
  const waiting = new Map<number, (answer: Answer) => void>();
  const listeners = new Map<string, (answer: Answer) => void>();
  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer;
    if (answer.id === undefined) listeners.get(answer.sessionId ?? '')?.(answer);
    else waiting.get(answer.id)?.(answer);
  });
  let count = 0;

  async function send(method: string, params: object = {}, sessionId?: string): Promise<any> {
    const id = ++count;
    const answer = await new Promise<Answer>((resolve) => {
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }));
    });
    waiting.delete(id);
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  }

  return {
    async open(url) {
      const { browserContextId } = await send('Target.createBrowserContext');
      const { targetId } = await send('Target.createTarget', { url: 'about:blank', browserContextId });
      const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
      const faults: string[] = [];
      listeners.set(sessionId, ({ method, params }) => {
        if (method === 'Runtime.exceptionThrown')
          faults.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
        if (method === 'Runtime.consoleAPICalled' && params.type === 'error')
          faults.push(params.args.map((arg: any) => arg.value ?? arg.description).join(' '));
        if (method === 'Log.entryAdded' && params.entry.source === 'security') faults.push(params.entry.text);
      });
      const tell = (method: string, params?: object) => send(method, params, sessionId);
      await tell('Runtime.enable');
      await tell('Log.enable');
      await tell('Page.enable');
      // Each page believes to be looked at: one window has only one that is.
      await tell('Emulation.setFocusEmulationEnabled', { enabled: true });
      await tell('Page.navigate', { url });

      const page: Page = {
        faults,
        async evaluate(expression) {
          const { result, exceptionDetails } = await tell('Runtime.evaluate', {
            expression,
            awaitPromise: true,
            returnByValue: true,
          });
          if (exceptionDetails !== undefined)
            throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
          return result.value;
        },
        async waitFor(what, expression) {
          const look = () => page.evaluate<boolean>(`Boolean(${expression})`).catch(() => false);
          await waitUntil(what, look, 60_000).catch(async (error: Error) => {
            const seen = await page.evaluate<string>('document.body.innerText').catch(String);
            throw new Error(`${error.message}; the page shows:\n${seen}\n${faults.join('\n')}`);
          });
        },
        async type(text, key) {
          if (text !== '') await tell('Input.insertText', { text });
          if (key === undefined) return;
          const code = key === 'Enter' ? 13 : 9;
          const stroke = { key, code: key, windowsVirtualKeyCode: code, ...(code === 13 && { text: '\r' }) };
          await tell('Input.dispatchKeyEvent', { type: 'keyDown', ...stroke });
          await tell('Input.dispatchKeyEvent', { type: 'keyUp', ...stroke });
        },
        async picture(width, height, scheme) {
          const metrics = { width, height, deviceScaleFactor: 1, mobile: width < 500 };
          await tell('Emulation.setDeviceMetricsOverride', metrics);
          const features = [{ name: 'prefers-color-scheme', value: scheme }];
          await tell('Emulation.setEmulatedMedia', { features });
          await page.evaluate('new Promise((done) => setTimeout(done, 500))');
          const { data } = await tell('Page.captureScreenshot', { format: 'png', optimizeForSpeed: false });
          return Buffer.from(data, 'base64');
        },
      };
      return page;
    },
    async end() {
      socket.close();
      await chromium.end();
    },
  };
}
