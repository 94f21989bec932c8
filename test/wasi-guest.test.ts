import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compile, type Component, type Instance, type Trap } from '@spiderlightning/component';
import { Exit, type WasiImports, wasiImports, type WasiOptions } from '@spiderlightning/wasi';
import { buildCGuest, clangMissing } from './guests/clang.ts';

const bytes = (value: string) => new TextEncoder().encode(value);

describe('a guest on WASI 0.2', { skip: clangMissing }, () => {
  let component: Promise<Component> | undefined;

  async function start(options?: WasiOptions): Promise<{ instance: Instance; wasi: WasiImports }> {
    component ??= buildCGuest('wasi').then((wasm) => compile(wasm));
    const wasi = wasiImports(options);
    return { instance: await (await component).instantiate(wasi), wasi };
  }

  test('prints lines, whatever the size of its writes', async () => {
    const out: string[] = [];
    const err: string[] = [];
    const { instance, wasi } = await start({
      stdout: (line) => out.push(line),
      stderr: (line) => err.push(line),
    });
    await instance.call('print', [bytes('größe 🦎\nzwei'), 1]);
    await instance.call('complain', [bytes('oh\n')]);
    await instance.call('print', [bytes(` und drei\n${'x'.repeat(10_000)}\nrest`), 4096]);
    assert.deepEqual(err, ['oh']);
    assert.deepEqual(out, ['größe 🦎', 'zwei und drei', 'x'.repeat(10_000)]);
    instance.dispose();
    wasi[Symbol.dispose]();
    assert.equal(out.at(-1), 'rest');
  });

  test('waits for a sink that takes its time', async () => {
    const chunks: Uint8Array[] = [];
    const write = async (chunk: Uint8Array) => {
      await new Promise(setImmediate);
      chunks.push(chunk);
    };
    const { instance } = await start({ stdout: { write }, stderr: { write } });
    await instance.call('print', [bytes('abcdef'), 4]);
    assert.deepEqual(chunks, [bytes('abcd'), bytes('ef')]);
    const long = new Uint8Array(150_000).fill(7);
    await instance.call('complain', [long]);
    await instance.call('complain', [bytes('end')]);
    assert.equal(Buffer.concat(chunks.slice(2)).length, 150_000);
  });

  test('reads its standard input to the end, and finds it empty by default', async () => {
    async function* source() {
      yield bytes('one ');
      await new Promise(setImmediate);
      yield bytes('two');
    }
    const { instance } = await start({ stdin: source() });
    assert.deepEqual(await instance.call('read-all', []), bytes('one two'));
    const { instance: other } = await start();
    assert.deepEqual(await other.call('read-all', []), bytes(''));
  });

  test('sees the environment and arguments that it is granted, and no others', async () => {
    const { instance } = await start({ environment: { HOME: '/', NAME: 'ü' }, arguments: ['app', '-v'] });
    assert.deepEqual(await instance.call('environment', []), [
      ['HOME', '/'],
      ['NAME', 'ü'],
    ]);
    assert.deepEqual(await instance.call('arguments', []), ['app', '-v']);
    const { instance: other } = await start();
    assert.deepEqual(await other.call('environment', []), []);
  });

  test('reads clocks', async () => {
    const { instance } = await start();
    const first = (await instance.call('monotonic', [])) as bigint;
    assert.ok(((await instance.call('monotonic', [])) as bigint) >= first);
    assert.ok(Math.abs(Number(await instance.call('wall', [])) - Date.now() / 1000) < 60);
  });

  test('sleeps without holding the event loop, and wakes with the first of several timers', async () => {
    const { instance } = await start();
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 1);
    const before = (await instance.call('monotonic', [])) as bigint;
    await instance.call('sleep', [20n]);
    clearInterval(turning);
    assert.ok(((await instance.call('monotonic', [])) as bigint) >= before + 20_000_000n);
    assert.ok(turns > 0);
    assert.deepEqual(await instance.call('first-of', [[60_000n, 5n, 60_000n]]), [1]);
    assert.deepEqual(await instance.call('first-of', [[0n, 60_000n, 0n]]), [0, 2]);
  });

  test('disposed in its sleep it leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const { instance } = await start();
    const before = timers();
    const sleeping = instance.call('sleep', [3_600_000n]);
    while (timers() === before) await new Promise(setImmediate);
    instance.dispose();
    await assert.rejects(sleeping, { trap: 'cancelled' });
    assert.equal(timers(), before);
  });

  test('rolls dice; its seed is its own', async () => {
    const { instance } = await start();
    const first = await instance.call('random', [16n]);
    assert.equal((first as Uint8Array).length, 16);
    assert.notDeepEqual(await instance.call('random', [16n]), first);
    const { instance: other } = await start();
    assert.notDeepEqual(await instance.call('seed', []), await other.call('seed', []));
  });

  test('ends itself with an exit code, which the host can tell from a failure', async () => {
    for (const [well, code] of [
      [true, 0],
      [false, 1],
    ] as const) {
      const { instance } = await start();
      const trap = await instance.call('quit', [well]).then(
        () => assert.fail('it went on'),
        (error: Trap) => error,
      );
      assert.equal(trap.trap, 'host-error');
      assert.ok(trap.cause instanceof Exit);
      assert.equal(trap.cause.code, code);
      assert.equal(instance.alive, false);
    }
  });
});
