import assert from 'node:assert/strict';
import type { BlobsFeature } from '../contract.ts';
import {
  box,
  bytes,
  getText,
  listContainers,
  listSorted,
  put,
  type CheckDefinition,
  type CheckTools,
} from './check.ts';

async function survives({ open, restart }: CheckTools): Promise<void> {
  const before = await open();
  await before.createContainer('other');
  const version = await put(before, 'a', 'kept', { contentType: 'text/x-type' });
  await put(before, 'gone', 'x');
  await before.delete(box, ['gone']);
  await (await before.write(box, 'half')).write(bytes('never finished'));
  await restart();
  const after = await open();
  assert.equal(await getText(after, 'a'), 'kept');
  const info = await after.info(box, 'a');
  assert.equal(info?.version, version);
  assert.equal(info.contentType, 'text/x-type');
  assert.deepEqual(await listSorted(after), ['a']);
  assert.deepEqual(await listContainers(after), [box, 'other']);
}

const define = (name: string, feature: BlobsFeature): CheckDefinition => ({
  name,
  needs: [feature],
  run: survives,
});

export const durableChecks: readonly CheckDefinition[] = [
  define('objects outlive whoever wrote them', 'durable'),
  define('objects outlive a server that is killed', 'durable-server'),
];
