import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { buildCGuest, clangMissing } from '../../../../test/guests/clang.ts';
import { startCollector } from '../collector.ts';
import { buildScriptGuest } from '../guests.ts';
import { appFolder, runCommand, serveApp, waitUntil } from '../slight.ts';
import type { Served } from '../slight.ts';
import { readBody, serve } from './server.ts';

let component: Uint8Array;
before(async () => {
  component = await buildScriptGuest('outgoing');
});

const slightfile = (outgoing: string) => `specversion = "0.3"
[app]
component = "app.wasm"
${outgoing}`;

async function start(
  outgoing: string,
  more = '',
): Promise<Served & { ask(path: string, ...urls: string[]): Promise<any> }> {
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile(outgoing) + more });
  const app = await serveApp(folder);
  return {
    ...app,
    async ask(path, ...urls) {
      const mark = path.includes('?') ? '&' : '?';
      const query = urls.map((url) => `url=${encodeURIComponent(url)}`).join('&');
      const answer = await app.get(`${path}${mark}${query}`);
      assert.equal(answer.status, 200, `${path}: ${answer.body}\n${app.stderr()}`);
      return JSON.parse(answer.body);
    },
  };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** By its path: answers, leads elsewhere, takes its time. */
const backend = () =>
  serve(async (request, response) => {
    const url = new URL(request.url!, 'http://h');
    const wait = Number(url.searchParams.get('wait') ?? 0);
    if (wait > 0) await pause(wait);
    switch (url.pathname) {
      case '/hello':
        response.setHeader('set-cookie', ['a=1', 'b=2']);
        return response.writeHead(203).end(`hello ${request.headers['x-from']}`);
      case '/name':
        return response.end(url.searchParams.get('name'));
      case '/to':
        return response.writeHead(302, { location: url.searchParams.get('url')! }).end();
      case '/large':
        for (let n = 0; n < 64; n++) response.write(Buffer.alloc(64 * 1024, n));
        return response.end();
      case '/begin':
        return response.write('begin');
      case '/never':
        return undefined;
      default:
        return response.end(
          `${request.method} ${request.headers['content-type'] ?? ''} ${await readBody(request)}`,
        );
    }
  });

test("the health address is the host's own, also where the system picks its port", async () => {
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile('[outgoing]\n') });
  const app = await serveApp(folder, ['--health', '127.0.0.1:0']);
  const { origin } = new URL(app.health!);
  await writeFile(join(folder, 'slightfile.toml'), slightfile(`[outgoing]\nhosts = ["${origin}"]\n`));
  app.child.kill('SIGHUP');
  await waitUntil('it is replaced', () => app.stderr().includes('the workers are replaced'));
  assert.doesNotMatch(app.stderr(), /the health address stays/);
  const url = `/error?url=${encodeURIComponent(`${origin}/healthz`)}`;
  const { body } = await app.get(url, { headers: { connection: 'close' } });
  assert.match(body, /permission-denied.*where the app itself is served/);
  assert.equal((await fetch(app.health!)).status, 200);
  await app.stop();
});

test('an app asks the servers that are listed, and no other', async () => {
  const server = await backend();
  const app = await start(`[outgoing]\nhosts = ["${server.origin}", "https://*.example.com"]\n`);
  const url = `${server.origin}/hello`;
  assert.deepEqual(await app.ask('/get', url), {
    status: 203,
    ok: true,
    url,
    redirected: false,
    cookies: ['a=1', 'b=2'],
    body: 'hello guest',
    used: true,
  });
  const [code, outcome, message] = await app.ask('/error', 'http://127.0.0.1:1/secret?key=c4nary');
  assert.deepEqual([code, outcome], ['permission-denied', 'none']);
  assert.match(
    message,
    /Add "http:\/\/127\.0\.0\.1:1" to the list hosts below \[outgoing\] in \/.*slightfile\.toml$/,
  );
  const own = await app.ask('/error', `${app.url}/get`);
  assert.equal(own[0], 'permission-denied');
  const { stderr } = await app.stop();
  assert.match(stderr, new RegExp(`outgoing {2,}${server.origin} {2,}any address`));
  assert.match(stderr, /outgoing {2,}https:\/\/\*\.example\.com {2,}public addresses/);
  assert.doesNotMatch(stderr, /c4nary/);
});

test('without the table it does not start, and is told the lines to add', async () => {
  for (const [files, args] of [
    [{ 'app.wasm': component, 'slightfile.toml': slightfile('') }, ['run']],
    [{ 'app.wasm': component }, ['run', 'app.wasm']],
  ] as const) {
    const { code, stderr } = await runCommand(await appFolder(files), [...args, '--address', '127.0.0.1:0']);
    assert.equal(code, 1);
    assert.match(stderr, /imports spiderlightning:cloud\/outgoing-http@0\.6\.0, and nobody granted it that/);
    assert.match(stderr, / {4}\[outgoing\]\n {4}hosts = \["https:\/\/api\.example\.com"\]/);
  }
});

test('the port of the app itself is closed to it', async () => {
  const { port: free, server } = await backend();
  await new Promise((resolve) => server.close(resolve));
  const folder = await appFolder({
    'app.wasm': component,
    'slightfile.toml': slightfile(
      `[outgoing]\nhosts = ["http://127.0.0.1:${free}", "http://localhost:${free}"]\n[http]\naddress = "127.0.0.1:${free}"\n`,
    ),
  });
  const app = await serveApp(folder, ['--address', `127.0.0.1:${free}`]);
  for (const host of ['127.0.0.1', 'localhost']) {
    const asked = await app.get(`/error?url=${encodeURIComponent(`http://${host}:${free}/get`)}`);
    const [code, , message] = JSON.parse(asked.body);
    assert.equal(code, 'permission-denied');
    assert.match(message, /this is where the app itself is served/);
  }
  await app.stop();
});

test('redirects, bodies and methods are those of fetch', async () => {
  const server = await backend();
  const { origin } = server;
  const app = await start(`[outgoing]\nhosts = ["${origin}"]\n`);
  const to = (url: string) => `${origin}/to?url=${encodeURIComponent(url)}`;
  const followed = await app.ask('/get', to('/hello'));
  assert.deepEqual([followed.url, followed.redirected], [`${origin}/hello`, true]);
  assert.deepEqual(await app.ask('/manual', to('/hello')), [302, '/hello']);
  assert.equal((await app.ask('/error?redirect=error', to('/hello')))[0], 'precondition-failed');
  assert.equal((await app.ask('/error', to('http://169.254.169.254/')))[0], 'permission-denied');
  const post = (path: string, body: string) =>
    app.get(`${path}?url=${encodeURIComponent(`${origin}/echo`)}`, { method: 'POST', body });
  assert.deepEqual(JSON.parse((await post('/forms', 'bytes')).body), [
    'POST text/plain;charset=UTF-8 text',
    'POST application/x-www-form-urlencoded;charset=UTF-8 a=b+c',
    'PUT x/y bytes',
    '',
  ]);
  const large = 'x'.repeat(300_000);
  assert.equal((await post('/pieces', large)).body, `POST  ${large.toUpperCase()}!`);
  await app.stop();
});

test('answers are streamed through, read in part, and given back as they are', async () => {
  const { origin } = await backend();
  const app = await start(`[outgoing]\nhosts = ["${origin}"]\n`);
  const url = encodeURIComponent(`${origin}/large`);
  for (const path of ['/through', '/response']) {
    const answer = await fetch(`${app.url}${path}?url=${url}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    assert.equal(bytes.length, 4 * 1024 * 1024);
    assert.deepEqual([bytes[0], bytes.at(-1)], [0, 63]);
  }
  const { first, ended } = await app.ask('/reader', `${origin}/large`);
  assert.ok(first > 0 && first <= 65_536);
  assert.equal(ended, true);
  await app.stop();
});

test('several requests are under way at once; timers and signals go on meanwhile', async () => {
  const server = await backend();
  const { origin } = server;
  const app = await start(`[outgoing]\nhosts = ["${origin}"]\nconcurrent = 2\n`);
  const name = (which: string, wait: number) => `${origin}/name?name=${which}&wait=${wait}`;
  // The first is answered last: they were not asked one after the other.
  assert.deepEqual(await app.ask('/all', name('slow', 600), name('fast', 10)), ['fast', 'slow']);
  assert.equal(
    (
      await app.get(
        `/race?url=${encodeURIComponent(`${origin}/never`)}&url=${encodeURIComponent(name('fast', 10))}`,
      )
    ).body,
    'fast',
  );
  assert.equal(await app.ask('/timeout', `${origin}/never`), 'TimeoutError');
  assert.deepEqual(await app.ask('/abort', `${origin}/begin`), {
    first: 5,
    failures: ['AbortError', 'AbortError'],
  });
  assert.equal(await app.ask('/ticks', name('x', 200)), true);
  assert.deepEqual(await app.ask('/many', name('x', 50)), ['ok', 'ok', 'resource-exhausted']);
  await app.stop();
});

test('what an app leaves, or dies with, is given up', async () => {
  let left = 0;
  const server = await serve((request) => void request.socket.once('close', () => left++));
  for (const more of ['', 'reuse = "keep"\n']) {
    left = 0;
    const before = server.seen.length;
    const app = await start(
      '',
      `${more}[outgoing]\nhosts = ["${server.origin}"]\n[limits]\ndeadline = "1s"\n`,
    );
    assert.equal((await app.get(`/leave?url=${encodeURIComponent(server.origin)}`)).body, 'left');
    const late = await app.get(`/get?url=${encodeURIComponent(server.origin)}`);
    assert.equal(late.status, 504);
    // The one that was left may have ended before it was sent.
    await waitUntil('connections end', () => left > 0 && left === server.seen.length - before);
    await app.stop();
  }
});

test('hosts that cannot be reached or take too long are told apart', async () => {
  const { origin } = await backend();
  const app = await start(`[outgoing]\nhosts = ["${origin}", "http://127.0.0.1:9"]\ntimeout = "1s"\n`);
  assert.deepEqual((await app.ask('/error', 'http://127.0.0.1:9')).slice(0, 2), ['unavailable', 'none']);
  assert.deepEqual((await app.ask('/error?method=POST', `${origin}/never`)).slice(0, 2), [
    'timeout',
    'unknown',
  ]);
  assert.deepEqual((await app.ask('/error', `${origin}/never`)).slice(0, 2), ['timeout', 'none']);
  await app.stop();
});

test('a guest in C asks too', { skip: clangMissing }, async () => {
  const server = await backend();
  const files = {
    'app.wasm': await buildCGuest('outgoing'),
    'slightfile.toml': slightfile(`[keyvalue]\n[outgoing]\nhosts = ["${server.origin}"]\n`),
  };
  const app = await serveApp(await appFolder(files));
  const posted = await app.get(`/${server.port}/echo`, { method: 'POST', body: 'from C' });
  assert.deepEqual([posted.status, posted.body], [200, 'POST  from C']);
  const large = await app.get(`/${server.port}/large`);
  assert.deepEqual([large.status, large.body.length], [200, 64 * 1024]);
  assert.equal((await app.get(`/${server.port}/to`)).status, 302);
  const denied = await app.get('/1/x');
  assert.equal(denied.status, 500);
  assert.match(denied.body, /^3 outgoing HTTP to http:\/\/127\.0\.0\.1:1 was not granted/);
  await app.stop();
});

test('a request to a server is part of the trace, and the server continues it', async (t) => {
  const collector = await startCollector();
  t.after(() => collector.close());
  const server = await backend();
  const telemetry = `[telemetry]\ntraces = "${collector.url}"\n`;
  const app = await start(`[outgoing]\nhosts = ["${server.origin}"]\n${telemetry}`);
  await app.ask('/get', `${server.origin}/hello?token=c4nary`);
  await app.ask('/error', 'http://nobody.example/');
  await app.stop();
  const span = collector.spans.find(({ attributes }) => attributes['url.full'] !== undefined)!;
  assert.equal(span.attributes['url.full'], `${server.origin}/hello?token=***`);
  assert.equal(span.attributes['http.response.status_code'], 203);
  const parent = collector.spans.find(({ spanId }) => spanId === span.parentSpanId)!;
  assert.equal(parent.attributes['url.path'], '/get');
  assert.equal(server.seen[0]!.headers['traceparent'], `00-${span.traceId}-${span.spanId}-01`);
  assert.doesNotMatch(collector.text(), /c4nary/);
});
