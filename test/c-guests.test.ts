import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compile, type Component, type HostImports, type TrapCode } from '@spiderlightning/component';
import { buildCGuest, type CGuest, clangMissing } from './guests/clang.ts';

const HANDLE = 'spiderlightning:cloud/http-handler@0.6.0#handle';
const KEYVALUE = 'spiderlightning:cloud/keyvalue@0.6.0';
const LOGGING = 'spiderlightning:cloud/logging@0.6.0';

const bytes = (value: string) => new TextEncoder().encode(value);
const text = (value: Uint8Array) => new TextDecoder().decode(value);

const request = (method: string, path: string, body = '') => ({
  method,
  url: `http://127.0.0.1:3000${path}`,
  headers: [['host', '127.0.0.1:3000']],
  body: { tag: 'bytes', val: bytes(body) },
  remote: '127.0.0.1',
  id: '1',
});

/** The least of a host: one store called `things`, whose answers come late when `late`. */
function makeHost(late: boolean) {
  const values = new Map<string, Uint8Array>();
  const lines: unknown[][] = [];
  const dropped: unknown[] = [];
  const ok = (val?: unknown) => (late ? Promise.resolve({ tag: 'ok', val }) : { tag: 'ok', val });
  const err = (code: string, message: string) => ({
    tag: 'err',
    val: { code, message, retryable: false, outcome: 'none' },
  });
  const imports: HostImports = {
    [KEYVALUE]: {
      '[static]store.open': (name: string) =>
        name === 'things' ? ok({ name }) : err('permission-denied', `no store called ${name} was granted`),
      '[method]store.get': (_: unknown, key: string) => ok(values.get(key)),
      '[method]store.set': (_: unknown, key: string, value: Uint8Array) => ok(void values.set(key, value)),
      '[method]store.delete': (_: unknown, key: string) => ok(void values.delete(key)),
      '[method]store.increment': (_: unknown, key: string, delta: bigint) => {
        const count = String(BigInt(text(values.get(key) ?? bytes('0'))) + delta);
        values.set(key, bytes(count));
        return ok(count);
      },
      '[drop]store': (store: unknown) => dropped.push(store),
    },
    [LOGGING]: { log: (...line: unknown[]) => void lines.push(line) },
  };
  return { imports, lines, dropped };
}

describe('guests in C', { skip: clangMissing }, () => {
  const components = new Map<CGuest, Promise<Component>>();

  async function start(name: CGuest, imports: HostImports) {
    if (!components.has(name))
      components.set(
        name,
        buildCGuest(name).then((wasm) => compile(wasm)),
      );
    return await (await components.get(name)!).instantiate(imports, { memory: 16 * 1024 * 1024 });
  }

  for (const late of [false, true]) {
    test(`HTTP from key-value, ${late ? 'suspended' : 'answered at once'}`, async () => {
      const { imports, lines, dropped } = makeHost(late);
      const instance = await start('keyvalue', imports);
      const ask = async (method: string, path: string, body?: string) => {
        const answer = (await instance.call(HANDLE, [request(method, path, body)])) as any;
        return [answer.status, text(answer.body.val)];
      };
      assert.deepEqual(await ask('GET', '/things/größe?x=/y'), [404, 'no such key']);
      assert.deepEqual(await ask('PUT', '/things/größe', 'groß 🦎'), [204, '']);
      assert.deepEqual(await ask('GET', '/things/größe'), [200, 'groß 🦎']);
      assert.deepEqual(await ask('DELETE', '/things/größe'), [204, '']);
      assert.deepEqual(await ask('GET', '/things/größe'), [404, 'no such key']);
      assert.deepEqual(await ask('POST', '/things/visits'), [200, '1']);
      assert.deepEqual(await ask('POST', '/things/visits'), [200, '2']);
      assert.equal(dropped.length, 7);
      assert.deepEqual(await ask('GET', '/secrets/a'), [403, 'no store called secrets was granted']);
      assert.deepEqual(lines, [['warn', 'keyvalue', 'no store called secrets was granted', [['code', '3']]]]);
      assert.deepEqual(await ask('PATCH', '/things/a'), [405, 'GET, PUT, DELETE or POST']);
      assert.deepEqual(await ask('GET', '/things'), [400, 'ask for /STORE/KEY']);
      const large = 'x'.repeat(1_000_000);
      await ask('PUT', '/things/large', large);
      assert.deepEqual(await ask('GET', '/things/large'), [200, large]);
    });
  }

  const ENDINGS: Record<string, TrapCode> = {
    '/loop': 'cpu',
    '/flood': 'cpu',
    '/recurse': 'stack-overflow',
    '/trap': 'unreachable',
    '/divide': 'arithmetic',
    '/read': 'out-of-bounds',
    '/call': 'indirect-call',
    '/pointer': 'abi',
    '/length': 'abi',
    '/fields': 'abi',
    '/utf8': 'abi',
    '/level': 'abi',
    '/handle': 'abi',
    '/drop': 'abi',
    '/answer': 'abi',
    '/headers': 'abi',
  };
  for (const [path, expected] of Object.entries(ENDINGS)) {
    test(`hostile ${path} ends as ${expected}`, async () => {
      const instance = await start('hostile', makeHost(false).imports);
      assert.equal(
        text(((await instance.call(HANDLE, [request('GET', '/')])) as any).body.val),
        'still here',
      );
      const call = instance.call(HANDLE, [request('GET', path)], { cpu: 200 });
      await assert.rejects(call, { trap: expected });
      assert.equal(instance.alive, false);
      await assert.rejects(instance.call(HANDLE, [request('GET', '/')]), { trap: 'disposed' });
    });
  }

  test('hostile /grow gets no more memory than it may have', async () => {
    const instance = await start('hostile', makeHost(false).imports);
    const answer = (await instance.call(HANDLE, [request('GET', '/grow')])) as any;
    assert.equal(text(answer.body.val), '256');
    assert.equal(instance.memoryBytes, 16 * 1024 * 1024);
  });

  test('hostile answers that fit their types pass: judging them is the host’s part', async () => {
    const instance = await start('hostile', makeHost(false).imports);
    const ask = async (path: string) => (await instance.call(HANDLE, [request('GET', path)])) as any;
    assert.equal((await ask('/status')).status, 65_535);
    assert.deepEqual((await ask('/header')).headers, [['x-evil', 'a\r\nx-injected: 1']]);
    assert.equal(text((await ask('/count')).body.val), '3');
  });
});
