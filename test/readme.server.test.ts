import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildComponent } from '@spiderlightning/build';
import { appFolder, serveApp } from '../packages/slight/test/slight.ts';
import { redisMissing, startRedis } from './servers/redis.ts';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'README.md'), 'utf8');

/** The first block in a language. */
function readBlock(language: string): string {
  const [, block] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(page) ?? [];
  assert.ok(block !== undefined, `the README has no block in ${language}`);
  return block;
}

/** One side of the diff, as lines of a slightfile. */
const readSide = (mark: '-' | '+') =>
  readBlock('diff')
    .split('\n')
    .filter((line) => line.startsWith(' ') || line.startsWith(mark))
    .map((line) => `${line.slice(1)}\n`)
    .join('');

test(
  'the handler of the README runs with either line, and is the same binary',
  { skip: redisMissing },
  async (t) => {
    const { component } = await buildComponent({
      entry: join(await appFolder({ 'app.ts': readBlock('ts') }), 'app.ts'),
    });
    const redis = await startRedis();
    t.after(() => redis.stop());
    const head = 'specversion = "0.3"\n[app]\ncomponent = "dist/app.wasm"\n';
    const folder = await appFolder({ 'slightfile.toml': head + readSide('-'), 'dist/app.wasm': component });
    const hash = () =>
      createHash('sha256')
        .update(readFileSync(join(folder, 'dist/app.wasm')))
        .digest('hex');

    const use = async (order: string) => {
      const app = await serveApp(folder);
      const url = `${app.url}/orders/1`;
      assert.equal((await fetch(url)).status, 404);
      const stored = await fetch(url, { method: 'POST', body: order });
      assert.deepEqual([stored.status, await stored.json()], [201, { stored: '1' }]);
      assert.equal(await (await fetch(url)).text(), order);
      assert.equal((await app.stop()).code, 0);
      return hash();
    };
    const before = await use('tea');
    const onPremises = readSide('+').replace('redis://cache:6379', redis.url);
    assert.notEqual(onPremises, readSide('+'));
    writeFileSync(join(folder, 'slightfile.toml'), head + onPremises);
    assert.equal(await use('coffee'), before);
    assert.match(await redis.ask('GET orders:1'), /coffee/);
    t.diagnostic(`sha256 of both: ${before}`);
  },
);
