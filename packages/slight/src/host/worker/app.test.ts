import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallOptions, Component, Instance, Trap, TrapCode } from '@spiderlightning/component';
import type { HttpFailure, HttpRequest } from '../../triggers/http-message.ts';
import { openApp } from './app.ts';
import type { App } from './app.ts';
import { withoutSlightfile } from '../../slightfile/absent.ts';
import { createLog } from '../log/log.ts';

const request: HttpRequest = {
  method: 'GET',
  url: 'http://h/',
  headers: [],
  body: new Uint8Array(),
  remote: '127.0.0.1',
  id: 'r1',
};
/** What a guest gives, and what becomes of it. */
const answer = { status: 200, headers: [], body: { tag: 'bytes', val: new Uint8Array() } };

function trap(code: TrapCode, message: string, cause?: unknown): Trap {
  return Object.assign(new WebAssembly.RuntimeError(message, { cause }), { trap: code });
}

interface Fake {
  readonly app: App;
  readonly counts: { made: number; disposed: number; calls: CallOptions[] };
}

/** An app whose guest is a function. */
async function openFake(
  call: (options: CallOptions) => Promise<typeof answer>,
  limits: { instances?: number; queue?: number; deadline?: number } = {},
  start?: () => void,
): Promise<Fake> {
  const counts = { made: 0, disposed: 0, calls: [] as CallOptions[] };
  const component: Component = {
    imports: [],
    exports: [{ kind: 'instance', name: 'spiderlightning:cloud/http-handler@0.6.0', functions: ['handle'] }],
    inspect: () => ({ imports: [], exports: [] }),
    async instantiate() {
      start?.();
      counts.made++;
      const instance: Partial<Instance> = {
        call: (_name, _args, options = {}) => {
          counts.calls.push(options);
          return call(options);
        },
        dispose: () => void counts.disposed++,
        unrestorable: 'it is a fake',
      };
      return instance as Instance;
    },
  };
  const base = withoutSlightfile('/app/app.wasm');
  const log = createLog({ write: () => undefined, terminal: false });
  const app = await openApp(component, { ...base, limits: { ...base.limits, ...limits } }, log);
  return { app, counts };
}

const handle = (app: App, signal = new AbortController().signal) => app.handle(request, signal);

async function failureOf(app: App): Promise<HttpFailure> {
  return await handle(app).then(
    () => assert.fail('it answered'),
    (error: HttpFailure) => error,
  );
}

test('every request has a fresh instance, which is disposed of after the answer', async () => {
  const { app, counts } = await openFake(async () => answer);
  assert.deepEqual(await handle(app), { ...answer, body: answer.body.val });
  assert.deepEqual(await handle(app), { ...answer, body: answer.body.val });
  await new Promise(setImmediate);
  assert.equal(counts.disposed, 2);
  assert.ok(counts.made >= 2);
  assert.equal(counts.calls[0]!.cpu, 5_000);
});

test('each way to fail has its status and its reason', async () => {
  class Exit extends Error {
    override readonly name = 'Exit';
  }
  const cases: [unknown, number, RegExp][] = [
    [trap('unreachable', 'unreachable'), 500, /the app failed: unreachable$/],
    [trap('abi', 'no such handle'), 500, /the app failed: no such handle \(abi\)$/],
    [trap('deadline', 'late'), 504, /deadline of 30 s \(deadline below \[limits\]\)$/],
    [trap('cpu', 'busy'), 504, /CPU time of 5 s \(cpu below \[limits\]\)$/],
    [
      trap('host-error', 'x', new Exit('the guest ended itself with exit code 3')),
      500,
      /failed: the guest ended/,
    ],
    [trap('host-error', 'x', new TypeError('a defect\nat y')), 500, /the host failed: a defect$/],
  ];
  for (const [error, status, reason] of cases) {
    const { app } = await openFake(() => Promise.reject(error));
    const failure = await failureOf(app);
    assert.equal(failure.status, status);
    assert.match(failure.reason ?? '', reason);
    // What a client hears says nothing of the host.
    assert.doesNotMatch(failure.message, /limits|\d s/);
  }
});

test('an instance that cannot be made is a StartError at first, a 500 later', async () => {
  const broken = () => {
    throw trap('unreachable', 'no start');
  };
  await assert.rejects(
    openFake(async () => answer, {}, broken),
    {
      name: 'StartError',
      message: /^\/app\/app\.wasm cannot be started: no start \(unreachable\)\n {2}fix: /,
    },
  );
  let healthy = true;
  const { app } = await openFake(
    async () => answer,
    { instances: 1 },
    () => healthy || broken(),
  );
  healthy = false;
  await handle(app);
  await new Promise(setImmediate);
  const failure = await failureOf(app);
  assert.deepEqual(
    [failure.status, failure.reason],
    [500, 'the app could not be started: no start (unreachable)'],
  );
});

test('waiting counts towards the deadline; what waited it away is 503', async () => {
  let release: (() => void) | undefined;
  const { app, counts } = await openFake(() => new Promise((resolve) => (release = () => resolve(answer))), {
    instances: 1,
    queue: 1,
    deadline: 200,
  });
  const first = handle(app);
  const second = failureOf(app);
  const third = await failureOf(app);
  assert.deepEqual([third.status, third.headers], [503, [['retry-after', '1']]], 'the queue is full');
  assert.match(third.reason ?? '', /the queue is full \(instances and queue below \[limits\]\)$/);
  const { status, reason } = await second;
  assert.equal(status, 503);
  assert.match(reason ?? '', /busy until the deadline \(instances and deadline below \[limits\]\)$/);
  release!();
  await first;
  assert.equal(counts.calls.length, 1, 'the second never ran');
});

test('an instance that comes when hardly any time is left is not used', async () => {
  let calls = 0;
  const { app } = await openFake(
    async () => {
      if (++calls > 1) return answer;
      // Leaves less than a twentieth.
      await new Promise((resolve) => setTimeout(resolve, 490));
      return answer;
    },
    { instances: 1, deadline: 500 },
  );
  const first = handle(app);
  assert.equal((await failureOf(app)).status, 503);
  await first;
  assert.equal(calls, 1);
});

test('a call that was given up fails with the reason of its signal', async () => {
  const leaving = new AbortController();
  const reason = new Error('the client left');
  const { app } = await openFake(
    ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal!.addEventListener('abort', () => reject(trap('cancelled', 'cancelled')));
      }),
  );
  const given = handle(app, leaving.signal);
  setImmediate(() => leaving.abort(reason));
  await assert.rejects(given, reason);
});
