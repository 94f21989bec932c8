import type { IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Span } from './span.ts';

// Not imported: that would also load a client for HTTP, to look up all of its names.
const http = process.getBuiltinModule('node:http');

export interface ExporterOptions {
  /** Where spans go, whole: `http://127.0.0.1:4318/v1/traces`. May hold credentials. */
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  /** Milliseconds for one delivery. */
  readonly timeout: number;
  /** Most spans that wait; what comes beyond is dropped. */
  readonly queue: number;
  /** Most spans of one delivery. */
  readonly batch: number;
  /** Most milliseconds that a span waits for company. */
  readonly delay: number;
  /** Milliseconds before the first repetition; each further one takes twice as long. Default 1,000. */
  readonly pause?: number;
  encode(spans: readonly Span[]): string;
  /** Hears once that deliveries fail, and why, and once that they work again. */
  onTrouble(reason: string | undefined): void;
}

/** Delivers spans in the background. It never fails: what cannot be delivered is dropped, and counted. */
export interface Exporter {
  add(span: Span): void;
  counts(): { readonly sent: number; readonly dropped: number; readonly waiting: number };
  /** Delivers what waits, once, within `bound` milliseconds. */
  close(bound: number): Promise<void>;
}

/** What became of one delivery: undefined is well. */
interface Refusal {
  readonly reason: string;
  readonly retryable: boolean;
  /** Milliseconds that the collector asks for. */
  readonly after?: number | undefined;
}

const mostAttempts = 5;
const longestPause = 30_000;
/** Bytes of an answer that are read. */
const mostAnswer = 64 * 1024;

export function createExporter(options: ExporterOptions): Exporter {
  const { queue, batch, delay, encode, onTrouble, pause: firstPause = 1_000 } = options;
  const send = createSender(options);
  let waiting: Span[] = [];
  let underWay: readonly Span[] = [];
  let sent = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let closing = false;
  let troubled = false;
  let wake: (() => void) | undefined;

  function add(span: Span): void {
    if (closing || waiting.length + underWay.length >= queue) {
      dropped++;
      return;
    }
    waiting.push(span);
    if (running === undefined) schedule(waiting.length >= batch ? 0 : delay);
  }

  function schedule(milliseconds: number): void {
    if (timer !== undefined && milliseconds > 0) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      run();
    }, milliseconds);
    timer.unref();
  }

  function run(): Promise<void> {
    running ??= deliverAll().finally(() => {
      running = undefined;
      if (waiting.length > 0 && !closing) schedule(delay);
    });
    return running;
  }

  async function deliverAll(): Promise<void> {
    do {
      underWay = waiting.splice(0, batch);
      if (await deliver(underWay)) sent += underWay.length;
      else dropped += underWay.length;
      underWay = [];
    } while (waiting.length >= batch || (closing && waiting.length > 0 && !troubled));
  }

  async function deliver(spans: readonly Span[]): Promise<boolean> {
    const body = encode(spans);
    for (let attempt = 1; ; attempt++) {
      const refusal = await send(body);
      if ((refusal === undefined) === troubled) {
        troubled = !troubled;
        onTrouble(refusal?.reason);
      }
      if (refusal === undefined) return true;
      if (!refusal.retryable || attempt === mostAttempts || closing) return false;
      const pause = firstPause * 2 ** (attempt - 1) * (0.5 + Math.random());
      await sleep(Math.min(longestPause, Math.max(pause, refusal.after ?? 0)));
    }
  }

  function sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, milliseconds).unref();
      wake = resolve;
    });
  }

  return {
    add,
    counts: () => ({ sent, dropped, waiting: waiting.length + underWay.length }),
    async close(bound) {
      closing = true;
      clearTimeout(timer);
      wake?.();
      let late: NodeJS.Timeout | undefined;
      const end = new Promise<void>((resolve) => (late = setTimeout(resolve, bound)));
      const all = (async () => {
        await running;
        if (waiting.length > 0) await run();
      })();
      await Promise.race([all, end]);
      clearTimeout(late);
      dropped += waiting.length;
      waiting = [];
    },
  };
}

/** POSTs a body; redirects are not followed. */
function createSender({
  url,
  headers,
  timeout,
}: ExporterOptions): (body: string) => Promise<Refusal | undefined> {
  const target = new URL(url);
  const secure = target.protocol === 'https:';
  const start = secure ? requestHttps : http.request;
  // One connection: deliveries come one after another.
  const agent = new (secure ? HttpsAgent : http.Agent)({ keepAlive: true, maxSockets: 1 });

  return (body) =>
    new Promise((resolve) => {
      const bytes = Buffer.from(body);
      const outgoing = start(target, {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-type': 'application/json', 'content-length': bytes.length },
      });
      const timer = setTimeout(() => {
        resolve({ reason: `no answer within ${timeout} ms`, retryable: true });
        outgoing.destroy();
      }, timeout);
      timer.unref();
      const settle = (refusal: Refusal | undefined): void => {
        clearTimeout(timer);
        resolve(refusal);
      };
      outgoing.on('error', (error: NodeJS.ErrnoException) =>
        // The message of some errors repeats the URL.
        settle({ reason: error.code ?? 'the connection failed', retryable: true }),
      );
      outgoing.on('response', (answer) => {
        let size = 0;
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > mostAnswer) answer.destroy();
        });
        answer.on('close', () => settle(readRefusal(answer)));
      });
      outgoing.end(bytes);
    });
}

function readRefusal({ statusCode = 0, headers }: IncomingMessage): Refusal | undefined {
  if (statusCode >= 200 && statusCode < 300) return undefined;
  const seconds = Number(headers['retry-after']);
  return {
    reason: `it answered with status ${statusCode}`,
    retryable: [429, 502, 503, 504].includes(statusCode),
    after: seconds > 0 ? seconds * 1_000 : undefined,
  };
}
