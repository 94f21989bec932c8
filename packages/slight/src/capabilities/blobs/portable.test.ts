import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CapabilityError } from '../core/error.ts';
import { memory } from './backends/memory.ts';
import type { Blobs, ReadStream, WriteStream } from './contract.ts';
import { portableBlobs } from './portable.ts';

function wrap(broken: Partial<Blobs>, timeout = 1_000): Blobs {
  const context = {
    name: 'x',
    url: new URL('memory:'),
    bind: 'memory',
    config: { capacity: 1_000 },
    dataDir: `portable test ${Math.random()}`,
    timeout,
  };
  const raw = memory.open(context) as Blobs;
  void raw.createContainer('box');
  return portableBlobs(
    { ...raw, ...broken },
    { where: 'blobs "x" (memory)', features: memory.features, timeout, backendsWith: () => [] },
  );
}

const away = () => Promise.reject(new CapabilityError('unavailable', 'away'));
const none = { info: { name: 'a', size: 0, modified: 0, version: '1' }, read: () => undefined };

void test('a stream that comes after it was given up is let go of', async () => {
  for (const operation of ['read', 'write'] as const) {
    const ended = Promise.withResolvers<void>();
    const end = () => ended.resolve();
    const late = { ...none, write: () => undefined, finish: () => '1', close: end, abort: end };
    const opening = Promise.withResolvers<ReadStream & WriteStream>();
    const blobs = wrap({ [operation]: () => opening.promise }, 20);
    await assert.rejects(async () => blobs[operation]('box', 'a'), { code: 'timeout', outcome: 'none' });
    opening.resolve(late);
    await ended.promise;
  }
});

void test('beginning is repeated, a piece and the end never; what failed leaves nothing', async () => {
  let begun = 0;
  const failing = wrap({ write: () => (begun++, away()) });
  await assert.rejects(async () => failing.write('box', 'a'), { code: 'unavailable' });
  assert.equal(begun, 4);

  for (const step of ['write', 'finish'] as const) {
    let steps = 0;
    let aborted = 0;
    const stream: WriteStream = {
      write: () => undefined,
      finish: () => '1',
      abort: () => void aborted++,
      [step]: () => (steps++, away()),
    };
    const blobs = wrap({ write: () => stream });
    const opened = await blobs.write('box', 'a');
    await assert.rejects(async () => opened[step](Uint8Array.of(1)), {
      code: 'unavailable',
      message: /^blobs "x" \(memory\): (write|finish): away/,
    });
    assert.deepEqual([steps, aborted], [1, 1], step);
    await assert.rejects(async () => opened.finish(), { code: 'cancelled', message: /broke before/ });
  }
});

void test('whoever lets go of a stream hears nothing of what goes wrong then', async () => {
  const broken = () => {
    throw new Error('broken');
  };
  for (const end of [broken, () => Promise.reject(new Error('broken'))]) {
    const blobs = wrap({
      read: () => ({ ...none, close: end }),
      write: () => ({ write: () => undefined, finish: () => '1', abort: end }),
    });
    await (await blobs.read('box', 'a'))!.close();
    await (await blobs.write('box', 'a')).abort();
  }
});
