/**
 * Runs an app's handlers in plain Node, with capabilities in memory, for its own tests:
 *
 * ```ts
 * import assert from 'node:assert/strict';
 * import { test } from 'node:test';
 * import { testApp } from '@spiderlightning/guest/test';
 * import app from './app.ts';
 *
 * test('an order is kept', async () => {
 *   const { request, store } = testApp(app);
 *   const answer = await request('/orders', { method: 'POST', json: { customer: 'Ada' } });
 *   assert.equal(answer.status, 201);
 *   assert.equal((await store('orders').getJson<{ customer: string }>('order/1'))?.customer, 'Ada');
 * });
 * ```
 * @module
 */
import type { Response } from 'spiderlightning:cloud/http-types@0.6.0';
import type { ErrorCode } from 'spiderlightning:cloud/types@0.6.0';
import { openBlobs } from '../blobs.ts';
import type { Blobs } from '../blobs.ts';
import { openConfigs } from '../configs.ts';
import type { Configs } from '../configs.ts';
import { toHttpHandler } from '../entry.ts';
import { guardFunction } from '../function-handler.ts';
import { openLocks } from '../locks.ts';
import type { Locks } from '../locks.ts';
import { openMessages } from '../messages.ts';
import type { Messages } from '../messages.ts';
import { beginServing } from '../phase.ts';
import { leaveOutFrames } from '../platform/frames.ts';
import type { Secret } from '../secret.ts';
import { openDatabase } from '../sql.ts';
import type { Database } from '../sql.ts';
import { openStore } from '../store.ts';
import type { Store } from '../store.ts';
import { readAnswer, refuseHead } from './answer.ts';
import type { TestAnswer } from './answer.ts';
import { captureConsole } from './console.ts';
import { tellIfFailed } from './failed.ts';
import { captureFetch } from './fetch.ts';
import { readModule, testHandlers } from './handlers.ts';
import { createHeld } from './held.ts';
import type { TestConnect, TestConnection, TestHeld, TestReceived } from './held.ts';
import type { TestDelivery, TestHandlers, TestVerdict } from './handlers.ts';
import { failUses, openData, runWith } from './host.ts';
import type { TestFetch, TestHost, TestLine, TestMessage } from './host.ts';
import { memoryLocks } from './memory-locks.ts';
import { memoryMessages } from './memory-messages.ts';
import type { DeadLetter } from './memory-messages.ts';
import { memoryStores } from './memory-store.ts';
import { writeRequest } from './request.ts';
import type { TestRequest } from './request.ts';

export type {
  DeadLetter,
  TestAnswer,
  TestConnect,
  TestConnection,
  TestDelivery,
  TestFetch,
  TestHandlers,
  TestLine,
  TestMessage,
  TestReceived,
  TestRequest,
  TestVerdict,
};

export interface TestOptions {
  /** Answers what the app asks of other servers by `fetch`; what it throws the app gets. Default: `permission-denied`. */
  readonly fetch?: TestFetch;
  /** Names of the stores that are granted; another is `permission-denied`. Default: all. */
  readonly stores?: readonly string[];
  /** Names of the configs that are granted, each with its values; another is `permission-denied`. Default: all, empty. */
  readonly configs?: { readonly [name: string]: { readonly [key: string]: string | Secret } };
  /** Names of the blobs that are granted; another is `permission-denied`. Default: all. */
  readonly blobs?: readonly string[];
  /** Names of the locks that are granted; another is `permission-denied`. Default: all. */
  readonly locks?: readonly string[];
  /** Names of the messages that are granted; another is `permission-denied`. Default: all. */
  readonly messages?: readonly string[];
  /** Names of the databases that are granted; another is `permission-denied`. Default: all, empty. */
  readonly databases?: readonly string[];
}

/** An app under test, with stores, a log and a clock that no other has. */
export interface TestApp extends TestHandlers {
  /** Asks the app, as a client would. `path` begins with a slash, or is an absolute URL. */
  readonly request: (path: string, how?: TestRequest) => Promise<TestAnswer>;
  /**
   * Connects as the client of an event stream or a websocket, which the app answers with `sse` or `websocket`, and resolves once
   * its `onOpen` is over. Broadcasts of whatever the app does from then on reach it.
   * @throws {Error} where the app answers otherwise
   */
  readonly connect: (path: string, how?: TestConnect) => Promise<TestConnection>;
  /** The store that the app opens by this name: to put something there first, or to look at it afterwards. */
  readonly store: (name: string) => Store;
  /** The blobs that the app opens by this name: to put objects there first, or to look at them afterwards. */
  readonly blobs: (name: string) => Blobs;
  /** The configs that the app opens by this name: to change a value, or to look at one. */
  readonly configs: (name: string) => Configs;
  /** The locks that the app opens by this name: to hold one, so that the app does not get it. It does not wait. */
  readonly locks: (name: string) => Locks;
  /** Has every lease of these locks be lost, as if its host had stood still. */
  readonly loseLocks: (name: string) => void;
  /**
   * The messages that the app opens by this name: to publish some, or to receive what it published. A group has what was
   * published since it was subscribed. Nothing waits.
   */
  readonly messages: (name: string) => Messages;
  /** What of these messages lies in a group's dead letter. */
  readonly deadLetters: (name: string, group: string) => readonly DeadLetter[];
  /** The database that the app opens by this name, in SQLite and in memory: to make its tables, or to look at them. */
  readonly database: (name: string) => Database;
  /** What the app wrote, by `console` or `log`; errors that became a 500 too. */
  readonly logs: readonly TestLine[];
  /** What the app broadcast or sent to connections, whether anybody was there or not. */
  readonly sent: readonly TestMessage[];
  /** Lets time pass for the stores, in milliseconds: their clock stands still otherwise. Timers go by the real time. */
  readonly advance: (milliseconds: number) => void;
  /** Has every use of a store fail with this code, until it is called without one. */
  readonly failStore: (name: string, code?: ErrorCode) => void;
}

/**
 * Makes an app ready to be asked: the default export of `src/app.ts`, or the whole module where it has other handlers. Each has capabilities of its own; module variables are
 * shared by all in one process, which no two requests of a real app would do.
 * @throws {TypeError} where it is no app
 */
export function testApp(app: unknown, options: TestOptions = {}): TestApp {
  const module = readModule(app);
  // A module without a default export answers no requests.
  const isWorker = module === app && module.default === undefined;
  const handle = isWorker ? undefined : toHttpHandler(guardFunction(module.default)).handle;
  let now = Date.now();
  let requests = 0;
  const host: TestHost & { readonly held: TestHeld } = {
    now: () => now,
    find: openData({ ...options }),
    fetch: options.fetch,
    failures: new Map(),
    lines: [],
    sent: [],
    held: createHeld(
      (run) => runWith(host, run),
      (message) => void host.lines.push({ level: 'warn', message, context: '', fields: {} }),
    ),
  };
  captureConsole();
  captureFetch();
  tellIfFailed(host.lines);
  leaveOutFrames(isForeign);
  // From here on a test may use the app's stores, as the app itself may.
  beginServing();
  const request: TestApp['request'] = (path, how = {}) =>
    runWith(host, async () => {
      const response = await answering(handle)(await writeRequest(path, how, `test-${++requests}`));
      const refusal = refuseHead(response);
      if (refusal === undefined) return await readAnswer(response);
      host.lines.push({ level: 'error', message: refusal, context: '', fields: {} });
      return await readAnswer(notHttp);
    });
  return {
    request,
    async connect(path, how = {}) {
      const { headers = {}, protocols = [], lastEventId, remote } = how;
      const answer = await request(path, {
        headers: {
          ...headers,
          ...(protocols.length > 0 && { 'sec-websocket-protocol': protocols.join(', ') }),
          ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
        },
        ...(remote !== undefined && { remote }),
      });
      return await host.held.open(path, answer, how);
    },
    blobs: (name) => bindToHost(openBlobs(name), host),
    configs: (name) => bindToHost(openConfigs(name), host),
    store: (name) => bindToHost(openStore(name), host),
    locks: (name) => bindToHost(openLocks(name), host),
    loseLocks: (name) => host.find(memoryLocks, name)?.lose(),
    messages: (name) => bindToHost(openMessages(name), host),
    deadLetters: (name, group) => host.find(memoryMessages, name)?.find(group).dead ?? [],
    database: (name) => bindToHost(openDatabase(name), host),
    ...testHandlers(module, (run) => runWith(host, run)),
    logs: host.lines,
    sent: host.sent,
    advance(milliseconds) {
      now += milliseconds;
    },
    failStore: (name, code) => failUses(host, memoryStores, name, code),
  };
}

const sdk = new URL('..', import.meta.url).href;

function isForeign(frame: string): boolean {
  return frame.includes(sdk) || /\(?node:[\w/]+:\d+:\d+\)?$/.test(frame) || /at new Promise /.test(frame);
}

/** What a client gets where the app's answer is none. */
const notHttp: Response = {
  status: 502,
  headers: [['content-type', 'text/plain; charset=utf-8']],
  body: { tag: 'bytes', val: new TextEncoder().encode('The app gave an answer that is not HTTP.\n') },
};

function answering<Handle>(handle: Handle | undefined): Handle {
  if (handle !== undefined) return handle;
  throw new TypeError('the app answers no requests: it has no default export');
}

/** What an app opens, used with this host behind it. */
function bindToHost<Opened extends object>(opened: Opened, host: TestHost): Opened {
  return new Proxy(opened, {
    get(target, name) {
      const own = target[name as keyof Opened] as unknown;
      if (typeof own !== 'function') return own;
      return (...args: unknown[]) =>
        bindGiven(
          runWith(host, () => own(...args) as unknown),
          host,
        );
    },
  });
}

/** What a method gives may have methods itself, now or later: a container, a lease, a stream. */
function bindGiven(given: unknown, host: TestHost): unknown {
  if (typeof given !== 'object' || given === null) return given;
  if (given instanceof Promise) return given.then((value) => bindGiven(value, host));
  if (Array.isArray(given)) {
    const bound = given.map((each) => bindGiven(each, host));
    return bound.every((each, index) => each === given[index]) ? given : bound;
  }
  // A query runs already.
  if ('then' in given) return given;
  const isPlain = Object.getPrototypeOf(given) === Object.prototype;
  if (isPlain && Object.values(given).some((each) => typeof each === 'function'))
    return bindToHost(given, host);
  return Symbol.asyncIterator in given ? bindSteps(given as AsyncGenerator<unknown>, host) : given;
}

/** A generator's body runs where its next step is asked for. */
function bindSteps(steps: AsyncGenerator<unknown>, host: TestHost): AsyncIterableIterator<unknown> {
  const bound: AsyncIterableIterator<unknown> = {
    async next() {
      const step = await runWith(host, () => steps.next());
      return step.done === true ? step : { value: bindGiven(step.value, host) };
    },
    return: (value) => runWith(host, () => steps.return(value)),
    [Symbol.asyncIterator]: () => bound,
  };
  return bound;
}
