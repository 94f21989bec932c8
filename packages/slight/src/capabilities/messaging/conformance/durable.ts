import assert from 'node:assert/strict';
import type { MessagingFeature } from '../contract.ts';
import {
  bytes,
  drain,
  lettingLeasesEnd,
  take,
  textsOf,
  type CheckDefinition,
  type LeaseTools,
} from './check.ts';

async function survives({ open, restart, features, inTime }: LeaseTools): Promise<void> {
  const before = await open();
  await before.subscribe('group', ['a.*']);
  await before.publish('a.b', bytes('acked'), once('1'));
  await inTime(async () => before.ack([(await take(before, 'group')).receipt]));
  await before.publish('a.b', bytes('dead'));
  await inTime(async () => before.dead((await take(before, 'group')).receipt, 'no use'));
  await before.publish('a.b', bytes('out'));
  const out = await take(before, 'group');
  await before.publish('a.b', bytes('waits'));
  await restart();

  const after = await open();
  assert.deepEqual(await after.groups(), [{ name: 'group', topics: ['a.*'] }]);
  await after.publish('a.b', bytes('repeated'), once('1'));
  const repeated = features.has('publish-once') ? [] : ['repeated'];
  const found = await drain(after, 'group', 2 + repeated.length, inTime);
  assert.deepEqual(textsOf(found).toSorted(), ['out', ...repeated, 'waits']);
  const again = found.find(({ id }) => id === out.id);
  assert.equal(again?.attempt, 2, 'attempts are counted over a restart');
  if (features.has('dead-letters'))
    assert.deepEqual(textsOf((await after.deadLetters('group')).letters), ['dead']);

  function once(id: string): { id?: string } {
    return features.has('publish-once') ? { id } : {};
  }
}

function durable(feature: MessagingFeature, name: string): CheckDefinition {
  return { name, needs: ['groups', feature], run: lettingLeasesEnd(survives) };
}

export const durableChecks: readonly CheckDefinition[] = [
  durable('durable', 'what was confirmed is there after everything was closed'),
  durable('durable-server', 'what was confirmed is there after the server came back'),
];
