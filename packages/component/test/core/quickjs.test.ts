import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { compile } from '@spiderlightning/component';
import { wasiImports } from '@spiderlightning/wasi';

import { buildQuickjsGuest } from '../../../../test/guests/quickjs.ts';

const wit = `
package test:limits;
world guest {
  export compute: func(seed: u32) -> string;
  export hoard: func(block: u32) -> string;
  export dive: func() -> u32;
}`;

const source = `
export function compute(seed) {
  const map = new Map();
  for (let n = 0; n < 300; n++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    map.set('k' + (seed % 97), { seed, text: 'x'.repeat(seed % 13), list: [n, seed / 7] });
  }
  const text = JSON.stringify([...map].sort());
  return text.replace(/[aeiou0-3]/g, (c) => c.charCodeAt(0).toString(36)) + BigInt(seed) ** 9n;
}
export function hoard(block) {
  const blocks = [];
  try {
    for (;;) blocks.push(new Uint8Array(block));
  } catch (error) {
    blocks.length = 0;
    return String(error.message);
  }
}
export function dive() {
  const deeper = () => deeper() + 1;
  return deeper();
}`;

const bytes = await buildQuickjsGuest(wit, source);
const limited = await compile(bytes);
const unlimited = await compile(bytes, { limits: false });

suite('a JavaScript guest under limits', () => {
  test('computes what it computes without them', async () => {
    const [a, b] = [await limited.instantiate(wasiImports({})), await unlimited.instantiate(wasiImports({}))];
    for (const seed of [0, 1, 12_345, 0xffff_ffff]) {
      assert.equal(await a.call('compute', [seed]), await b.call('compute', [seed]));
    }
  });

  test('runs out of memory at its limit, catches that, and goes on', async () => {
    const memory = 16 * 1024 * 1024;
    const instance = await limited.instantiate(wasiImports({}), { memory });
    const before = await instance.call('compute', [7]);
    assert.match((await instance.call('hoard', [100_000])) as string, /out of memory/);
    assert.equal(await instance.call('compute', [7]), before);
    // It has more than one memory, and each of them has the limit.
    assert.ok(instance.memoryBytes > memory / 2 && instance.memoryBytes < 2 * memory);
  });

  test('that dives too deep ends, and others of its kind go on', async () => {
    const [deep, other] = [
      await limited.instantiate(wasiImports({})),
      await limited.instantiate(wasiImports({})),
    ];
    await assert.rejects(deep.call('dive', [], { cpu: 5000 }), (error: any) => error.trap !== 'cpu');
    assert.equal(typeof (await other.call('compute', [1])), 'string');
  });
});
