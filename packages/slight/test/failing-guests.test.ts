import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildCGuest, clangMissing } from '../../../test/guests/clang.ts';
import { buildScriptGuest } from './guests.ts';
import { appFolder, runCommand, serveApp, waitForLog, waitUntil } from './slight.ts';
import type { Served } from './slight.ts';

const slightfile = `specversion = "0.3"
[app]
component = "app.wasm"
[keyvalue]
notes = "sqlite"
[limits]
cpu = "400ms"
deadline = "60s"
memory = "64MiB"
`;

async function serve(component: Uint8Array, env?: NodeJS.ProcessEnv): Promise<Served> {
  return await serveApp(await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile }), [], env);
}

/** The app answered with a failure of the host's own, said why in one line of the log, and answers again. */
async function assertFails(app: Served, path: string, status: number, reason: RegExp): Promise<void> {
  const id = `fails${path.replaceAll('/', '-')}`;
  const answer = await app.get(path, { headers: { 'x-request-id': id } });
  assert.equal(answer.status, status, `${path}: ${answer.body}`);
  assert.equal(answer.headers.get('x-request-id'), id);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/);
  assert.ok(answer.body.endsWith(`Request id: ${id}\n`), answer.body);
  await waitForLog(app, new RegExp(`request ${id}: .*\n`));
  const line = app
    .stderr()
    .split('\n')
    .find((each) => each.includes(`request ${id}: `));
  assert.match(line!, reason);
  assert.equal((await app.get('/')).body, 'still here');
}

function assertNoTraces(app: Served): void {
  assert.doesNotMatch(app.stderr(), /^\s+at .*(packages|node_modules)/m);
  assert.doesNotMatch(app.stderr(), /worker process is gone/);
}

test('a TypeScript app that fails', async (t) => {
  const component = await buildScriptGuest();
  const app = await serve(component);

  await t.test('an app that begins with more memory than it may have is told the key', async () => {
    const small = slightfile.replace('64MiB', '64KiB');
    const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': small });
    const { code, stderr } = await runCommand(folder, ['run', '--address', '127.0.0.1:0']);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /cannot be started: an instance begins with \d+ KiB of memory, and may have less\n {2}fix: raise memory below \[limits\]/,
    );
  });

  await t.test('an error that nobody catches is a 500, and its message is in the log', async () => {
    const answer = await app.get('/throw');
    assert.equal(answer.status, 500);
    assert.ok(!answer.body.includes('on purpose'));
    await waitForLog(app, /app \|.*thrown on purpose/);
    assert.equal((await app.get('/')).body, 'still here');
  });

  await t.test('every request has an instance of its own', async () => {
    assert.deepEqual([(await app.get('/count')).body, (await app.get('/count')).body], ['1', '1']);
  });

  await t.test('what it prints comes line by line, with the request that it belongs to', async () => {
    await app.get('/print', { headers: { 'x-request-id': 'printing' } });
    for (const line of ['printed', 'in two lines', 'complained']) {
      await waitForLog(app, new RegExp(`app \\| \\[printing\\] .*${line}\\n`));
    }
  });

  await t.test('an endless loop ends at its CPU budget, and others are answered meanwhile', async () => {
    let looping = true;
    const loop = assertFails(
      app,
      '/loop',
      504,
      /used up its CPU time of 0\.4 s \(cpu below \[limits\]\)$/,
    ).finally(() => (looping = false));
    let meanwhile = 0;
    for (; looping; meanwhile++) assert.equal((await app.get('/')).body, 'still here');
    await loop;
    assert.ok(meanwhile > 3, `only ${meanwhile} answers during the loop`);
  });

  await t.test('one that waits for what never comes fails at once, and is told so', async () => {
    await assertFails(
      app,
      '/never',
      500,
      /the app failed: it waits for a promise that nothing settles any more/,
    );
  });

  await t.test('one that takes all memory there is fails, and takes no more than its limit', async () => {
    const answer = await app.get('/hog', { headers: { 'x-request-id': 'hog' } });
    assert.equal(answer.status, 500);
    assert.equal((await app.get('/')).body, 'still here');
    await waitUntil('the log names the limit', () =>
      /warn .*request hog: .*asked for \d+ KiB of memory, and may have 65536 KiB \(memory below \[limits\]\)$/m.test(
        app.stderr(),
      ),
    );
  });

  await t.test('a store that was not granted is refused with the line to add', async () => {
    const answer = await app.get('/open/other');
    assert.equal(answer.status, 500);
    await waitForLog(app, /app \|.*slightfile\.toml: other = "sqlite"/);
  });

  assertNoTraces(app);
  assert.equal((await app.stop()).code, 0);
});

test('a C app that breaks every rule', { skip: clangMissing }, async () => {
  const app = await serve(await buildCGuest('hostile'));
  assert.equal((await app.get('/count')).body, '1');
  assert.equal((await app.get('/count')).body, '1', 'a fresh instance each time');
  await assertFails(app, '/trap', 500, /the app failed: .*unreachable/);
  await assertFails(app, '/divide', 500, /\(arithmetic\)$/);
  await assertFails(app, '/read', 500, /\(out-of-bounds\)$/);
  await assertFails(app, '/call', 500, /\((indirect-call|out-of-bounds)\)$/);
  await assertFails(app, '/recurse', 500, /\((stack-overflow|out-of-bounds)\)$/);
  for (const path of [
    '/pointer',
    '/length',
    '/fields',
    '/utf8',
    '/level',
    '/handle',
    '/drop',
    '/answer',
    '/headers',
  ]) {
    await assertFails(app, path, 500, /\((abi|out-of-bounds)\)$/);
  }
  await assertFails(app, '/status', 502, /the app answered with status 65535/);
  await assertFails(
    app,
    '/header',
    502,
    /a header x-evil whose value has "\\[rn0]", which HTTP does not allow$/,
  );
  await assertFails(app, '/loop', 504, /used up its CPU time of 0\.4 s \(cpu below \[limits\]\)$/);
  // 64 MiB are 1,024 pages: it asked for 4 GiB and got what it is allowed.
  const grown = await app.get('/grow');
  assert.deepEqual([grown.status, grown.body], [200, '1024']);
  assert.equal((await app.get('/flood')).status, 504);
  const flood = app
    .stderr()
    .split('\n')
    .filter((line) => line.includes('app | ') && line.includes('still here'));
  assert.ok(flood.length <= 1_000, `${flood.length} lines from one request`);
  assert.equal((await app.get('/')).body, 'still here');
  assertNoTraces(app);
  assert.equal((await app.stop()).code, 0);
});
