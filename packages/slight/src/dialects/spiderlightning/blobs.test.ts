import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCapability } from '../../capabilities/core/open.ts';
import { namedOpener } from '../../host/openers.ts';
import { blobsInterface } from './blobs.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

async function memoryInterface() {
  const bind = { name: 'files', bind: 'memory', config: {} };
  const surroundings = { dataDir: `/nowhere/${Math.random()}`, timeout: 1_000 };
  const opened = new Map([['files', await openCapability('blobs', bind, surroundings)]]);
  const served = blobsInterface(namedOpener('blobs', opened, '/app/slightfile.toml'));
  const call = (name: string, ...args: unknown[]): any =>
    (served[name] as (...args: unknown[]) => unknown)(...args);
  const blobs = call('[static]blobs.open', 'files').val;
  assert.deepEqual(call('[method]blobs.create-container', blobs, 'box'), { tag: 'ok' });
  return { call, blobs, box: call('[method]blobs.container', blobs, 'box') };
}

function put(call: (...args: any[]) => any, box: unknown, name: string, text: string, options?: object) {
  const { val: stream } = call('[method]container.write', box, name, options);
  call('[method]write-stream.write', stream, bytes(text));
  const finished = call('[method]write-stream.finish', stream);
  call('[drop]write-stream', stream);
  return finished;
}

test('an object goes in and out with the names and numbers of WIT', async () => {
  const { call, blobs, box } = await memoryInterface();
  const options = { contentType: 'text/plain', onlyIfAbsent: true, ifVersion: undefined, fence: undefined };
  const { val: version } = put(call, box, 'a', 'hello', options);
  assert.equal(put(call, box, 'a', 'again', options).val.code, 'already-exists');
  const { val: info } = call('[method]container.info', box, 'a');
  assert.deepEqual(
    { ...info, created: typeof info.created, modified: typeof info.modified },
    { name: 'a', size: 5n, created: 'bigint', modified: 'bigint', contentType: 'text/plain', version },
  );
  const { val: stream } = call('[method]container.read', box, 'a', { offset: 1n, length: 3n });
  assert.deepEqual(call('[method]read-stream.info', stream), info);
  assert.deepEqual(call('[method]read-stream.read', stream, 100), { tag: 'ok', val: bytes('ell') });
  assert.deepEqual(call('[method]read-stream.read', stream, 100), { tag: 'ok', val: undefined });
  call('[drop]read-stream', stream);
  assert.deepEqual(call('[method]container.list', box, undefined, undefined, undefined).val, {
    objects: [{ name: 'a', size: 5n, modified: info.modified }],
    cursor: undefined,
  });
  const listed = call('[method]blobs.list-containers', blobs, 'b', undefined, 1);
  assert.deepEqual(listed.val, { containers: ['box'], cursor: undefined });
  const fence = { lock: 'l', token: '2' };
  const [from, to] = ['a', 'b'].map((name) => ({ container: 'box', name }));
  assert.deepEqual(call('[method]blobs.copy', blobs, from, to, fence), { tag: 'ok' });
  const stale = call('[method]container.delete', box, ['b'], { lock: 'l', token: '1' });
  assert.equal(stale.val.code, 'precondition-failed');
  assert.deepEqual(call('[method]container.has', box, 'b'), { tag: 'ok', val: true });
  assert.deepEqual(call('[method]container.read', box, 'none', undefined), { tag: 'ok', val: undefined });
  const beyond = call('[method]container.read', box, 'a', { offset: 2n ** 60n, length: undefined });
  assert.equal(beyond.val.code, 'invalid-argument');
});

test('a stream that is dropped is over, and one instance has so many', async () => {
  const { call, box } = await memoryInterface();
  const open = (name: string) => call('[method]container.write', box, name, undefined);
  put(call, box, 'a', 'x');
  for (let i = 0; i < 100; i++) {
    assert.equal(call('[method]container.read', box, 'missing', undefined).val, undefined);
    assert.equal(open('').tag, 'err');
  }
  const streams = Array.from({ length: 63 }, (_, i) => open(`o${i}`).val);
  const reader = call('[method]container.read', box, 'a', undefined).val;
  for (const refused of [open('one more'), call('[method]container.read', box, 'a', undefined)]) {
    assert.equal(refused.val.code, 'resource-exhausted');
    assert.match(refused.val.message, /64 streams/);
  }
  call('[drop]read-stream', reader);
  assert.equal(open('one more').tag, 'ok');
  call('[drop]write-stream', streams[0]);
  assert.equal(call('[method]write-stream.finish', streams[0]).val.code, 'cancelled');
  assert.equal(call('[method]container.has', box, 'o0').val, false);
});

test('a name that nobody granted is refused, with the line to add', async () => {
  const { call } = await memoryInterface();
  const { val } = call('[static]blobs.open', 'other');
  assert.equal(val.code, 'permission-denied');
  assert.match(val.message, /\/app\/slightfile\.toml: other = "filesystem"$/);
});
