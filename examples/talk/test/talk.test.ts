import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { appFolder, serveApp } from '../../../packages/slight/test/slight.ts';
import type { Served } from '../../../packages/slight/test/slight.ts';
import { buildCGuest, clangMissing } from '../../../test/guests/clang.ts';
import { buildTalk, layOut } from './app.ts';
import { slides } from './slides.ts';

suite('on a laptop', () => {
  let app: Served;
  before(async () => void (app = await serveApp(await layOut(await buildTalk()))));
  after(async () => assert.equal((await app.stop()).code, 0));
  for (const { title, show } of slides) test(title, () => show(app));
});

test('hello in C', { skip: clangMissing }, async () => {
  const folder = await appFolder({ 'hello.wasm': await buildCGuest('hello') });
  const app = await serveApp(folder, ['hello.wasm']);
  const { status, body } = await app.get('/');
  assert.deepEqual([status, body], [200, 'hello from C\n']);
  assert.equal((await app.get('/else')).status, 404);
  assert.equal((await app.stop()).code, 0);
});
