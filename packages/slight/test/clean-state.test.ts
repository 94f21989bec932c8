import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { compile } from '@spiderlightning/component';
import type { Component } from '@spiderlightning/component';
import { openApp } from '../src/host/worker/app.ts';
import type { App } from '../src/host/worker/app.ts';
import { withoutSlightfile } from '../src/slightfile/absent.ts';
import { createLog } from '../src/host/log/log.ts';
import { startHttpTrigger } from '../src/triggers/http.ts';
import { buildScriptGuest } from './guests.ts';
import { appFolder, serveApp } from './slight.ts';
import type { Served } from './slight.ts';

const component = await buildScriptGuest('state');

/** One instance, so that every request meets what the one before it left. */
async function serve(app = '', limits = 'instances = 1'): Promise<Served> {
  const slightfile = `specversion = "0.3"
[app]
component = "app.wasm"
${app}
[keyvalue]
notes = "memory"
[limits]
cpu = "1s"
deadline = "2s"
memory = "64MiB"
${limits}
`;
  return await serveApp(await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile }));
}

async function find(app: Served): Promise<string[]> {
  const { status, body } = await app.get('/find');
  assert.equal(status, 200, body);
  return JSON.parse(body) as string[];
}

test('what a request leaves is not there for the next one', async (t) => {
  const app = await serve();
  const paths: readonly (readonly [path: string, status: number])[] = [
    ['/leave/secret', 200],
    ['/throw', 500],
    ['/loop', 504],
    ['/deep', 500],
    ['/wait/20', 200],
    ['/wait/5000', 504],
    ['/hoard/3', 200],
    ['/hoard/40', 200],
    ['/hoard/80', 500],
  ];
  for (const [path, status] of paths) {
    await t.test(path, async () => {
      for (let round = 0; round < 2; round++) {
        await app.get('/leave/secret');
        const answer = await app.get(path);
        assert.equal(answer.status, status, answer.body);
        assert.deepEqual(await find(app), []);
      }
    });
  }
  await t.test('a request that its client gave up', async () => {
    await assert.rejects(app.get('/wait/900', { signal: AbortSignal.timeout(50) }));
    assert.deepEqual(await find(app), []);
  });
  await t.test('no timer of a request runs after it', () => {
    assert.doesNotMatch(app.stderr(), /timer of/);
  });
  await app.stop();
});

test('chance is another for each request, on one instance and on others', async () => {
  for (const limits of ['instances = 1', 'instances = 3']) {
    const app = await serve('', limits);
    const thrown = await Promise.all(Array.from({ length: 12 }, () => app.get('/dice')));
    const dice = thrown.map(({ body }) => JSON.parse(body) as [number, string, number[], number]);
    for (const draw of [0, 1, 2]) {
      const all = new Set(dice.map((values) => JSON.stringify(values[draw])));
      assert.equal(all.size, dice.length, `draw ${draw} with ${limits}: ${[...all]}`);
    }
    assert.equal(new Set(dice.map((values) => values[3])).size, 1, 'what the build drew is the same');
    await app.stop();
  }
});

/** The app in this process, which hears of each instance that is made or put back. */
async function open(heard: { made?(): void; restored?(): void }): Promise<App> {
  const compiled = await compile(component);
  const watched: Component = {
    ...compiled,
    async instantiate(...given) {
      heard.made?.();
      const instance = await compiled.instantiate(...given);
      const { restore } = instance;
      return Object.assign(instance, {
        restore: () => {
          heard.restored?.();
          return restore.call(instance);
        },
      });
    },
  };
  const base = withoutSlightfile(`${await appFolder()}/app.wasm`);
  return await openApp(watched, { ...base, limits: { ...base.limits, instances: 2 } }, silent);
}

const silent = createLog({ write: () => undefined, terminal: false });

test('instances are restored, not made anew', async () => {
  let made = 0;
  const app = await open({ made: () => made++ });
  const request = { method: 'GET', url: 'http://h/find', headers: [], remote: '127.0.0.1', id: 'r' };
  for (let round = 0; round < 40; round++) {
    const answer = await app.handle({ ...request, body: new Uint8Array() }, new AbortController().signal);
    assert.equal(answer.status, 200);
  }
  await app.close();
  assert.ok(made <= 2, `${made} instances`);
});

test('an answer has left before its instance is put back', async () => {
  let socket: Socket | undefined;
  const hear = (message: unknown): void => void ({ socket } = message as { socket: Socket });
  subscribe('http.server.request.start', hear);
  const left: { written: number; waiting: number }[] = [];
  const app = await open({
    restored: () => left.push({ written: socket!.bytesWritten, waiting: socket!.writableLength }),
  });
  const address = { host: '127.0.0.1', port: 0 };
  const limits = { body: 1_000, bodyTimeout: 1_000 };
  const http = await startHttpTrigger({
    address,
    ...limits,
    forwarded: false,
    log: silent,
    handle: app.handle,
  });
  const { body } = await fetch(`${http.url}/dice`).then(async (answer) => ({ body: await answer.text() }));
  while (left.length === 0) await new Promise(setImmediate);
  unsubscribe('http.server.request.start', hear);
  await http.close(0);
  await app.close();
  assert.ok(left[0]!.written > body.length && left[0]!.waiting === 0, JSON.stringify(left));
});

test('keep: an instance goes on as it was left, and is dropped when it traps', async () => {
  const app = await serve('reuse = "keep"');
  await app.get('/leave/first');
  await app.get('/leave/second');
  const left = await find(app);
  assert.ok(left.includes('a module variable: first,second') && left.includes('a count of 2'), left.join());
  assert.equal((await app.get('/loop')).status, 504);
  assert.deepEqual(await find(app), []);
  await app.stop();
});

test('memory stays flat over many requests', { skip: process.platform !== 'linux' }, async () => {
  const app = await serve('', 'instances = 4');
  const worker = await app.worker();
  const resident = async (): Promise<number> => {
    const status = await readFile(`/proc/${worker}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
  };
  const storm = async (rounds: number): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      await Promise.all([1, 2, 3, 4].map((n) => app.get(n === 1 ? '/hoard/2' : `/leave/${n}`)));
    }
  };
  await storm(50);
  const before = await resident();
  await storm(200);
  const grown = (await resident()) - before;
  // Two mebibytes a round are four hundred, if they were kept.
  assert.ok(grown < 80, `${grown} MiB more than ${before}`);
  assert.deepEqual(await find(app), []);
  await app.stop();
});
