import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { compile } from '@spiderlightning/component';
import { wasiImports } from '@spiderlightning/wasi';
import { handleRequest } from '../packages/slight/src/dialects/spiderlightning/index.ts';
import { buildScript } from './guests/kept.ts';

/** Plain JavaScript without the SDK, so that what it uses is QuickJS’s own. */
const APP = `
export const httpHandler = {
  async handle(req) {
    if (req.url.endsWith('/throw')) throw new Error('from the guest: größe');
    const text = JSON.stringify({ wall: Date.now(), steady: performance.now() });
    const body = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    return { status: 200, headers: [], body: { tag: 'bytes', val: body } };
  },
};`;

const folder = await mkdtemp(join(tmpdir(), 'wasi-quickjs-'));
after(() => rm(folder, { recursive: true }));
const entry = join(folder, 'app.js');
await writeFile(entry, APP);
const component = await compile((await buildScript(entry)).component);

async function ask(path: string) {
  const printed: string[] = [];
  const wasi = wasiImports({ stderr: (line) => printed.push(line) });
  const instance = await component.instantiate({
    ...wasi,
    'spiderlightning:cloud/types@0.6.0': {},
    'spiderlightning:cloud/http-types@0.6.0': {},
    'spiderlightning:cloud/keyvalue@0.6.0': {},
    'spiderlightning:cloud/logging@0.6.0': { log: () => {} },
  });
  const url = `http://127.0.0.1${path}`;
  const request = {
    method: 'GET',
    url,
    headers: [],
    body: new Uint8Array(),
    remote: '',
    id: '',
  };
  const answer = await handleRequest(instance, request, {}).then(
    ({ body }) => Buffer.from(body as Uint8Array).toString(),
    (trap) => trap.trap,
  );
  instance.dispose();
  wasi[Symbol.dispose]();
  return { answer, printed };
}

test('QuickJS reads the clocks of its host', async () => {
  const first = JSON.parse((await ask('/')).answer);
  const second = JSON.parse((await ask('/')).answer);
  assert.ok(Math.abs(first.wall - Date.now()) < 60_000);
  assert.ok(second.steady > first.steady);
});

test('what QuickJS says when its guest throws comes line by line', async () => {
  const { answer, printed } = await ask('/throw');
  assert.equal(answer, 'unreachable');
  assert.ok(printed.length > 2);
  assert.ok(printed.some((line) => line.includes('from the guest: größe')));
  assert.ok(printed.every((line) => !line.includes('\n')));
});
