import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileModule, instantiateModule, makeTrap } from '@spiderlightning/component/core';
import type { CoreGuest, CoreImports, CoreInstance } from '@spiderlightning/component/core';
import { buildCModule, clangMissing } from '../../../test/guests/clang.ts';
import { pause } from './fixture.ts';

const utf8 = new TextEncoder();

/** What a binder of plain core modules does: reads and writes their memory around system calls and a store. */
function bind(guest: CoreGuest, printed: string[], values: ReadonlyMap<string, string>): CoreImports {
  const view = () => new DataView(guest.memory().buffer);
  const read = (at: number, length: number): string => {
    const { buffer } = guest.memory();
    if ((at >>> 0) + (length >>> 0) > buffer.byteLength)
      throw makeTrap('out-of-bounds', 'text beyond the memory');
    return new TextDecoder().decode(new Uint8Array(buffer, at >>> 0, length >>> 0));
  };
  return {
    wasi_snapshot_preview1: {
      fd_write(_fd: number, parts: number, count: number, written: number) {
        let text = '';
        for (let at = parts; at < parts + count * 8; at += 8)
          text += read(view().getUint32(at, true), view().getUint32(at + 4, true));
        view().setUint32(written, utf8.encode(text).length, true);
        printed.push(text);
        return pause(0);
      },
    },
    store: {
      async get(key: number, length: number, result: number) {
        const value = values.get(await pause(read(key, length)));
        if (value === undefined) return 1;
        const at = write(guest, value);
        view().setUint32(result, at, true);
        view().setUint32(result + 4, utf8.encode(value).length, true);
        return 0;
      },
    },
  };
}

/** Has the guest allocate, which may grow its memory. */
function write(guest: CoreGuest, text: string): number {
  const bytes = utf8.encode(text);
  const at = guest.callSync('cabi_realloc', [0, 0, 1, bytes.length]) >>> 0;
  new Uint8Array(guest.memory().buffer).set(bytes, at);
  return at;
}

function lookUp(instance: CoreInstance, key: string, options = {}): Promise<string> {
  return instance.run(async (guest) => {
    const at = await guest.call('look-up', [write(guest, key), utf8.encode(key).length]);
    const view = new DataView(guest.memory().buffer);
    const [start, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    const text = new TextDecoder().decode(new Uint8Array(guest.memory().buffer, start, length));
    await guest.call('forget', []);
    return text;
  }, options);
}

test('a plain C program with system calls and a store of the host', { skip: clangMissing }, async () => {
  const module = await compileModule(await buildCModule(['module.c', 'guest.c']));
  const printed: string[] = [];
  const long = 'größer '.repeat(50_000);
  const values = new Map([
    ['a', 'apple'],
    ['long', long],
  ]);
  const instance = await instantiateModule(module, (guest) => bind(guest, printed, values), {
    memory: 16 * 2 ** 20,
    restorable: true,
  });
  const answers = await Promise.all(['a', 'b', 'long'].map((key) => lookUp(instance, key)));
  assert.deepEqual(answers, ['apple in call 1', 'nothing in call 2', `${long} in call 3`]);
  assert.deepEqual(printed, ['a\n', 'b\n', 'long\n']);
  assert.equal(instance.callSync('count', []), 4);

  for (const [name, trap] of [
    ['spin', 'cpu'],
    ['crash', 'unreachable'],
  ] as const) {
    await assert.rejects(instance.call(name, [], { cpu: 30 }), { trap });
    await assert.rejects(lookUp(instance, 'a'), { trap: 'disposed' });
    assert.equal(instance.restore(), true);
    assert.equal(await lookUp(instance, 'a', { deadline: 60_000 }), 'apple in call 1');
  }
  await assert.rejects(instance.call('look-up', [0x7fff_0000, 5]), { trap: 'out-of-bounds' });
});
