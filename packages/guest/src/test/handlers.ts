import { toCommandHandler } from '../command.ts';
import { toMessageHandler, toScheduleHandler, toWatchHandler } from '../events.ts';

/** A message for an app under test. At most one of `json` and `body`. */
export interface TestDelivery {
  readonly topic?: string;
  readonly json?: unknown;
  readonly body?: string | Uint8Array;
  readonly key?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly id?: string;
  readonly attempt?: number;
  /** Default `test`. */
  readonly subscription?: string;
  readonly wantsReply?: boolean;
}

/** What the app did with a message. What a handler threw is a `nack`, and in the log. */
export type TestVerdict =
  | { readonly verdict: 'ack' }
  | { readonly verdict: 'nack'; readonly delayMs: number | undefined }
  | { readonly verdict: 'dead'; readonly reason: string }
  | { readonly verdict: 'reply'; readonly body: Uint8Array };

/** What an app does besides answering requests. Each fails where the app does, or does not export that. */
export interface TestHandlers {
  /** Brings a message to `onMessage`. */
  readonly deliver: (message: TestDelivery) => Promise<TestVerdict>;
  /** Has the time of a schedule come: `onSchedule`. `time`: the one that was planned, by default now. */
  readonly tick: (name: string, time?: Date) => Promise<void>;
  /** Tells `onChange` of keys that have changed. */
  readonly change: (
    name: string,
    keys: readonly string[],
    how?: { readonly store?: string; readonly resync?: boolean },
  ) => Promise<void>;
  /** Runs `command`; gives its exit code. What it prints is in the log. */
  readonly run: (...args: readonly string[]) => Promise<number>;
}

/** The exports of an app by their names, where it was given as a whole module. */
export type AppModule = { readonly [name: string]: unknown };

const names = ['onMessage', 'onSchedule', 'onChange', 'command'] as const;

/** An app is its default export, or the module that has it; a worker's has none. */
export function readModule(app: unknown): AppModule {
  const isModule =
    typeof app === 'object' &&
    app !== null &&
    !('handle' in app) &&
    ('default' in app || names.some((name) => name in app));
  return isModule ? (app as AppModule) : { default: app };
}

/** @param call - runs something of the app with its capabilities */
export function testHandlers(app: AppModule, call: <T>(run: () => Promise<T>) => Promise<T>): TestHandlers {
  let count = 0;

  function find(name: (typeof names)[number]): unknown {
    if (app[name] !== undefined) return app[name];
    throw new TypeError(
      `the app exports no ${name}; give testApp the whole module: import * as app from '../src/app.ts'`,
    );
  }

  return {
    deliver: (message) =>
      call(async () => {
        const verdicts = await toMessageHandler(find('onMessage')).handle({
          subscription: message.subscription ?? 'test',
          id: `test-event-${++count}`,
          deliveries: [
            {
              id: message.id ?? `message-${count}`,
              topic: message.topic ?? 'test',
              attempt: message.attempt ?? 1,
              key: message.key ?? null,
              headers: Object.entries(message.headers ?? {}),
              body: toBytes(message),
              wantsReply: message.wantsReply ?? false,
            },
          ],
        });
        const verdict = verdicts[0]!;
        if (verdict.tag === 'nack') return { verdict: 'nack', delayMs: verdict.val ?? undefined };
        if (verdict.tag === 'dead') return { verdict: 'dead', reason: verdict.val };
        if (verdict.tag === 'reply') return { verdict: 'reply', body: verdict.val };
        return { verdict: 'ack' };
      }),
    tick: (name, time = new Date()) =>
      call(async () => {
        const event = { name, time: time.getTime(), id: `test-event-${++count}` };
        await failing(toScheduleHandler(find('onSchedule')).handle(event));
      }),
    change: (name, keys, { store = name, resync = false } = {}) =>
      call(async () => {
        const event = { name, store, keys: [...keys], resync, id: `test-event-${++count}` };
        await failing(toWatchHandler(find('onChange')).handle(event));
      }),
    run: (...args) => call(() => failing(toCommandHandler(find('command')).run([...args]))),
  };
}

/** The error of a result is a text; a test wants to see an error. */
async function failing<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw typeof error === 'string' ? new Error(error) : error;
  }
}

function toBytes({ json, body = '' }: TestDelivery): Uint8Array {
  if (json !== undefined) return new TextEncoder().encode(JSON.stringify(json));
  return typeof body === 'string' ? new TextEncoder().encode(body) : body;
}
