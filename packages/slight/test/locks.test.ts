import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { buildCGuest, clangMissing } from '../../../test/guests/clang.ts';
import { openCapability } from '../src/capabilities/core/open.ts';
import { findViolations, type Holding } from '../src/capabilities/locks/history.ts';
import { buildScriptGuest } from './guests.ts';
import { appFolder, runCommand, serveApp, waitUntil, type Served } from './slight.ts';

const slightfile = `specversion = "0.3"
[app]
component = "app.wasm"
[keyvalue]
notes = "sqlite"
[locks]
jobs = "sqlite"
others = "sqlite"
here = "memory"
kept = { bind = "keyvalue", store = "notes" }
[limits]
cpu = "2500ms"
`;
let component: Uint8Array;
before(async () => (component = await buildScriptGuest('locks')));

const folderOf = (wasm: Uint8Array, file = slightfile) =>
  appFolder({ 'app.wasm': wasm, 'slightfile.toml': file });
const post = (app: Served, path: string, init?: RequestInit) => app.get(path, { method: 'POST', ...init });
const read = async (app: Served, path: string) => JSON.parse((await post(app, path)).body);

/** The locks of an app as another host of the same folder sees them. */
async function openBeside(folder: string) {
  const around = { dataDir: join(folder, '.slight'), timeout: 5_000 };
  return await openCapability('locks', { name: 'jobs', bind: 'sqlite', config: {} }, around);
}

test('an app holds locks', async (t) => {
  const folder = await folderOf(component);
  let app = await serveApp(folder);

  await t.test('longer than their ttl, also while it computes', async () => {
    const beside = await openBeside(folder);
    for (const how of ['compute', 'sleep']) {
      const name = `long ${how}`;
      const history: Holding[] = [];
      let holding = true;
      const answered = read(app, `/${how}/${encodeURIComponent(name)}/1500`).finally(() => (holding = false));
      while (holding) {
        const grant = await beside.acquire(name, 60_000, 0);
        const from = Date.now();
        if (grant !== undefined) {
          await beside.release(name, grant.token);
          history.push({ name, token: grant.token, from, until: from });
        }
        await new Promise((wake) => setTimeout(wake, 20));
      }
      const { token, lost, aborted, from, until, again } = await answered;
      assert.deepEqual({ lost, aborted }, { lost: false, aborted: false });
      assert.ok(until - from >= 1_500);
      assert.deepEqual(findViolations([...history, { name, token: BigInt(token), from, until }]), []);
      if (how === 'sleep') assert.equal(again, 'precondition-failed');
    }
    await beside.close();
  });

  await t.test('under names of the slightfile that have nothing to do with each other', async () => {
    const beside = await openBeside(folder);
    const { token } = (await beside.acquire('same', 60_000, 0))!;
    assert.equal((await post(app, '/try/jobs/same')).body, 'busy');
    for (const name of ['others', 'here', 'kept'])
      assert.match((await post(app, `/try/${name}/same`)).body, /^\d+$/, name);
    await beside.release('same', token);
    await beside.close();
  });

  await t.test('no longer than a request, however that ends', async () => {
    assert.equal((await post(app, '/leave/left')).status, 200);
    assert.equal((await post(app, '/throw/left')).status, 500);
    assert.equal((await post(app, '/loop/left')).status, 504);
    assert.equal((await post(app, '/leave/left')).status, 200);
  });

  await t.test('who ceases to wait takes nothing', async () => {
    const beside = await openBeside(folder);
    const grant = (await beside.acquire('waited', 60_000, 0))!;
    const gone = new AbortController();
    const waiting = post(app, '/wait/waited', { signal: gone.signal });
    const next = post(app, '/wait/waited');
    await new Promise((wake) => setTimeout(wake, 200));
    gone.abort();
    await assert.rejects(waiting);
    await beside.release('waited', grant.token);
    assert.equal((await next).status, 200);
    assert.ok((await beside.acquire('waited', 60_000, 5_000)) !== undefined, 'somebody who is gone has it');
    await beside.close();
  });

  await t.test('a write with an older token is refused', async () => {
    assert.deepEqual(await read(app, '/late'), ['precondition-failed', 'new']);
  });

  await t.test('who loses a lock hears of it', async () => {
    const beside = await openBeside(folder);
    const around = { dataDir: join(folder, '.slight'), timeout: 5_000 };
    const bind = { name: 'notes', bind: 'sqlite', config: {} };
    const notes = await openCapability('keyvalue', bind, around);
    const answer = read(app, '/aborted/lost');
    await waitUntil('it has the lock', async () => await notes.exists('taken away'));
    const token = Buffer.from((await notes.get('taken away'))!).toString();
    await beside.release('lost', BigInt(token));
    assert.deepEqual(await answer, {
      lost: true,
      reason: 'precondition-failed',
      again: 'precondition-failed',
    });
    await notes.close();
    await beside.close();
  });

  await t.test('what it may not is refused', async () => {
    assert.deepEqual(await read(app, '/refused'), [
      'permission-denied',
      'invalid-argument',
      'invalid-argument',
    ]);
  });

  await t.test('tokens go on after a restart', async () => {
    const { body: first } = await post(app, '/try/jobs/again');
    const { body: last } = await post(app, '/try/here/again');
    assert.equal((await app.stop()).code, 0);
    app = await serveApp(folder);
    assert.ok(BigInt((await post(app, '/try/jobs/again')).body) > BigInt(first));
    assert.ok(BigInt((await post(app, '/try/here/again')).body) > BigInt(last), 'memory, too');
    assert.match((await post(app, '/lead')).body, /^\d+$/);
  });
  await app.stop();
});

test('workers exclude each other, and every write counts', async () => {
  const folder = await folderOf(component, slightfile.replace('here = "memory"\n', ''));
  const app = await serveApp(folder, ['--workers', '2']);
  const answers = await Promise.all(Array.from({ length: 40 }, () => read(app, '/add')));
  const history = answers.map(({ token, from, until }) => ({
    name: 'adding',
    token: BigInt(token),
    from: from as number,
    until: until as number,
  }));
  assert.deepEqual(findViolations(history), []);
  assert.equal((await app.get('/sum')).body, '40');
  await app.stop();
});

test('a host that ends lets go of what its app holds', async () => {
  const folder = await folderOf(component, `${slightfile}[target.kept.app]\nreuse = "keep"\n`);
  const app = await serveApp(folder, ['--target', 'kept']);
  const { body: token } = await post(app, '/keep/kept');
  const beside = await openBeside(folder);
  assert.equal(await beside.acquire('kept', 1_000, 0), undefined);
  assert.equal((await app.stop()).code, 0);
  const grant = await beside.acquire('kept', 1_000, 0);
  assert.ok(grant !== undefined && grant.token > BigInt(token));
  await beside.close();
});

test('what kept instances leave open is told, and ends with them where it is too much', async () => {
  const kept = '[target.kept.app]\nreuse = "keep"\n[target.kept.limits]\ninstances = 1\n';
  const folder = await folderOf(component, `${slightfile}${kept}`);
  const app = await serveApp(folder, ['--target', 'kept']);
  for (let i = 0; i < 256; i++) await post(app, `/keep/k${i}`);
  const beside = await openBeside(folder);
  assert.equal(await beside.acquire('k0', 1_000, 0), undefined);
  await post(app, '/keep/last');
  await waitUntil('all are released', async () => (await beside.acquire('k0', 1_000, 0)) !== undefined);
  await waitUntil('and the last one', async () => (await beside.acquire('last', 1_000, 0)) !== undefined);
  // Another instance goes on.
  assert.equal((await post(app, '/keep/next')).status, 200);
  await beside.close();
  const { stderr, stdout } = await app.stop();
  const said = stdout + stderr;
  assert.equal(said.match(/has left the lease of a lock/g)?.length, 1, said);
  assert.match(said, /257 things open in one instance \(lease: 257\)/);
});

test('an app that was not granted locks does not start, nor do several workers with those of one', async () => {
  const without = slightfile.replace(/\[locks\][^[]*/, '');
  const { code, stderr } = await runCommand(await folderOf(component, without), ['run']);
  assert.equal(code, 1);
  assert.match(stderr, /has no \[locks\]\n {2}fix: [^]*\[locks\]\n {4}default = "sqlite"/);
  const wrong = await runCommand(
    await folderOf(component, slightfile.replace('store = "notes"', 'store = "nots"')),
    ['run'],
  );
  assert.equal(wrong.code, 1);
  assert.match(
    wrong.stderr,
    /locks "kept" \(keyvalue\): \[keyvalue\] has no "nots"\. Add nots = "sqlite" there/,
  );
  const several = await runCommand(await folderOf(component), ['run', '--workers', '2']);
  assert.equal(several.code, 1);
  assert.match(several.stderr, /locks "here" \(memory\) lives in the memory of one process/);
});

test('without a slightfile locks are kept in SQLite', async () => {
  const app = await serveApp(await appFolder({ 'app.wasm': component }), ['app.wasm']);
  assert.match((await post(app, '/try/jobs/a')).body, /^\d+$/);
  assert.match((await app.stop()).stderr, /locks +\(any name\) +sqlite in /);
});

test('an app in C holds locks', { skip: clangMissing }, async () => {
  const folder = await folderOf(await buildCGuest('locks'));
  const app = await serveApp(folder);
  const ask = (method: string, path: string) => app.get(path, { method });
  const tokens: bigint[] = [];
  for (const method of ['GET', 'PUT', 'PUT', 'DELETE', 'GET']) {
    const { status, body } = await ask(method, '/jobs/a');
    assert.equal(status, 200, `${method}: ${body}`);
    tokens.push(BigInt(body));
  }
  assert.deepEqual(
    tokens.toSorted((a, b) => Number(a - b)),
    tokens,
  );
  const computing = ask('POST', '/jobs/a');
  await waitUntil('it is held', async () => (await ask('GET', '/jobs/a')).status === 409);
  assert.equal((await ask('GET', '/others/a')).status, 200);
  const { status, body } = await computing;
  assert.equal(status, 200, body);
  const refused = await ask('GET', '/secrets/a');
  assert.equal(refused.status, 403);
  assert.match(refused.body, /\[locks\] in .*: secrets = "sqlite"/);
  assert.equal((await ask('GET', '/jobs/')).status, 400);
  await app.stop();
});
