import assert from 'node:assert/strict';
import type { KeyValueFeature } from '../contract.ts';
import { bytes, readText, type CheckDefinition, type CheckTools } from './check.ts';

async function survives({ open, restart, features }: CheckTools): Promise<void> {
  const versions = features.has('compare-and-swap');
  const before = await open();
  await before.set('kept', bytes('value'));
  await before.set('replaced', bytes('first'));
  await before.set('replaced', bytes('second'));
  await before.set('deleted', bytes('value'));
  const deleted = versions ? await before.getVersioned('deleted') : undefined;
  await before.delete('deleted');
  const kept = versions ? await before.getVersioned('kept') : undefined;
  await restart();

  const after = await open();
  assert.equal(await readText(after, 'kept'), 'value');
  assert.equal(await readText(after, 'replaced'), 'second');
  assert.equal(await after.exists('deleted'), false);
  if (!versions) return;
  assert.equal(
    (await after.getVersioned('kept'))?.version,
    kept?.version,
    'the version of a value that was kept',
  );
  await after.set('deleted', bytes('value'));
  const again = await after.compareAndSwap('deleted', deleted?.version, bytes('2'));
  assert.equal(again.swapped, false, 'a version was used again after the restart (ABA)');
  assert.equal((await after.compareAndSwap('kept', kept?.version, bytes('2'))).swapped, true);
}

function durable(feature: KeyValueFeature, name: string): CheckDefinition {
  return { name, needs: [feature], run: survives };
}

export const durableChecks: readonly CheckDefinition[] = [
  durable('durable', 'what was written is there after everything was closed'),
  durable('durable-server', 'what was written is there after the server came back'),
];
