import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '@spiderlightning/component';
import type { Component, Instance } from '@spiderlightning/component';
import { wasiImports } from '@spiderlightning/wasi';
import { buildCGuest, clangMissing } from '../../../test/guests/clang.ts';
import { buildQuickjsGuest } from '../../../test/guests/quickjs.ts';

const wit = `package test:state;
world state {
  export look: func() -> list<string>;
  export touch: func(secret: string);
  export hoard: func(mebibytes: u32) -> u32;
  export dig: func(depth: u32) -> u32;
  export fail: func();
  export spin: func();
}`;

/** Puts a secret everywhere, and says where it finds something. */
const source = `
const seen = new Map();
let count = 0;
class Kept { static secrets = []; }
const closure = (() => { let inner; return { get: () => inner, set: (value) => (inner = value) }; })();
const weak = new WeakMap();
const frozen = Object.freeze({ list: [] });
export function look() {
  const found = [];
  if (count !== 0) found.push('module variable');
  if (seen.size !== 0) found.push('map');
  if (Kept.secrets.length !== 0) found.push('static field');
  if (closure.get() !== undefined) found.push('closure');
  if (weak.has(frozen)) found.push('weak map');
  if (frozen.list.length !== 0) found.push('frozen object');
  if (globalThis.secret !== undefined) found.push('global');
  if ({}.secret !== undefined) found.push('Object.prototype');
  if ([].secret !== undefined) found.push('Array.prototype');
  if ([3, 1].map((n) => n)[0] !== 3) found.push('a built-in method');
  if (JSON.parse('1') !== 1) found.push('JSON.parse');
  if (Symbol.for('s').description === undefined) found.push('symbol');
  if (/b/g.lastIndex !== 0 || pattern.lastIndex !== 0) found.push('regular expression');
  if (Error.stackTraceLimit === 77) found.push('Error');
  return found;
}
const pattern = /a/g;
export function touch(secret) {
  count++;
  seen.set(secret, secret);
  Kept.secrets.push(secret);
  closure.set(secret);
  weak.set(frozen, secret);
  frozen.list.push(secret);
  globalThis.secret = secret;
  Object.prototype.secret = secret;
  Array.prototype.secret = secret;
  Array.prototype.map = () => [secret];
  JSON.parse = () => secret;
  pattern.exec('aaa');
  Error.stackTraceLimit = 77;
}
export function hoard(mebibytes) {
  const kept = [];
  try {
    for (let i = 0; i < mebibytes; i++) kept.push(new Uint8Array(1048576).fill(1));
  } catch (error) {
    globalThis.secret = String(error);
  }
  return kept.length;
}
export function dig(depth) { return depth === 0 ? 0 : 1 + dig(depth - 1); }
export function fail() { touch('x'); throw new Error('on purpose'); }
export function spin() { touch('x'); for (;;); }
`;

let made: Promise<Component> | undefined;
async function makeScript(): Promise<Instance> {
  const component = await (made ??= buildQuickjsGuest(wit, source).then((bytes) =>
    compile(bytes, { restorable: true }),
  ));
  const wasi = wasiImports();
  return component.instantiate(wasi, { restorable: true, memory: 300 * 2 ** 20 });
}

test('a JavaScript guest is restorable, and a call leaves nothing behind', async () => {
  const instance = await makeScript();
  assert.equal(instance.unrestorable, undefined);
  const fresh = await instance.call('look', []);
  assert.deepEqual(fresh, []);
  await instance.call('touch', ['secret']);
  const left = (await instance.call('look', [])) as string[];
  assert.ok(left.length >= 10, `the guest does not leave enough to be tested: ${left.join()}`);
  for (let round = 0; round < 20; round++) {
    assert.equal(instance.restore(), true);
    assert.deepEqual(await instance.call('look', []), []);
    await instance.call('touch', [`secret ${round}`]);
  }
});

for (const [what, name, options] of [
  ['an uncaught error', 'fail', {}],
  ['a deadline', 'spin', { deadline: 50 }],
  ['a spent CPU budget', 'spin', { cpu: 40 }],
] as const) {
  test(`a JavaScript guest after ${what}`, async () => {
    const instance = await makeScript();
    for (let round = 0; round < 5; round++) {
      await assert.rejects(
        instance.call(name, [], options),
        (error) => error instanceof WebAssembly.RuntimeError,
      );
      assert.equal(instance.restore(), true);
      assert.deepEqual(await instance.call('look', []), []);
    }
  });
}

test('a JavaScript guest after it ran out of stack', async () => {
  const instance = await makeScript();
  for (let round = 0; round < 5; round++) {
    await instance.call('touch', ['secret']);
    await instance.call('dig', [1_000_000]).catch(() => undefined);
    assert.equal(instance.restore(), true);
    assert.deepEqual(await instance.call('look', []), []);
    assert.equal(await instance.call('dig', [20]), 20);
  }
});

test('a JavaScript guest that took 200 MB is let go; one that took little is kept, at its old size', async () => {
  const instance = await makeScript();
  const { memoryBytes } = instance;
  assert.equal(await instance.call('hoard', [2]), 2);
  assert.ok(instance.memoryBytes > memoryBytes);
  assert.equal(instance.restore(), true);
  assert.equal(instance.memoryBytes, memoryBytes);
  assert.deepEqual(await instance.call('look', []), []);
  assert.equal(await instance.call('hoard', [200]), 200);
  assert.equal(instance.restore(), false);
  instance.dispose();
  const next = await makeScript();
  assert.deepEqual(await next.call('look', []), []);
});

test('a JavaScript guest is restored a thousand times without growing', async () => {
  const instance = await makeScript();
  const round = async (): Promise<void> => {
    await instance.call('touch', ['secret']);
    await instance.call('hoard', [1]);
    assert.equal(instance.restore(), true);
  };
  for (let i = 0; i < 30; i++) await round();
  const { memoryBytes } = instance;
  const resident = process.memoryUsage.rss();
  for (let i = 0; i < 1_000; i++) await round();
  assert.equal(instance.memoryBytes, memoryBytes);
  const grown = (process.memoryUsage.rss() - resident) / 2 ** 20;
  // A mebibyte a round, if what a call took were kept, is a thousand.
  assert.ok(grown < 64, `${grown} MiB more`);
});

test('a C guest: statics, the stack and grown memory', { skip: clangMissing }, async () => {
  const component = await compile(await buildCGuest('state'), { restorable: true });
  const instance = await component.instantiate({}, { restorable: true });
  assert.equal(instance.unrestorable, undefined);
  const secret = 'nobody is to read this';
  for (let round = 0; round < 5; round++) {
    assert.equal(await instance.call('count', []), 43);
    assert.equal(await instance.call('count', []), 46);
    assert.equal(await instance.call('search', [secret]), 1, 'in its argument alone');
    await instance.call('remember', [secret, 3]);
    const left = (await instance.call('search', [secret])) as number;
    assert.ok(left >= 5, `found ${left} times`);
    if (round % 2 === 0) await assert.rejects(instance.call('crash', []), { trap: 'unreachable' });
    assert.equal(instance.restore(), true);
  }
});
