import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HeldCommand } from '../triggers/held/command.ts';
import { createWorkerRelay, sizeOf } from './relay.ts';

const say = (content: string): HeldCommand => ({
  type: 'broadcast',
  channel: 'all',
  message: { content, event: undefined, id: undefined },
});

/** A relay, and what it has sent to the supervisor. */
function makeRelay() {
  const sent: HeldCommand[] = [];
  const heard: HeldCommand[] = [];
  const relay = createWorkerRelay((message) => {
    if (message.type === 'relay') sent.push(message.command);
  });
  relay.subscribe((command) => void heard.push(command));
  return { relay, sent, heard };
}

/** Whether a promise is settled already. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await new Promise(setImmediate);
  return settled;
}

test('what is said is carried out where it comes back, in the order of the supervisor', () => {
  const { relay, sent, heard } = makeRelay();
  assert.equal(relay.publish(say('mine')), undefined);
  assert.deepEqual([sent.length, heard.length], [1, 0]);
  relay.deliver(say('of another'), false);
  relay.deliver(sent[0]!, true);
  assert.deepEqual(heard, [say('of another'), say('mine')]);
});

test('all is settled once what this worker said has come back', async () => {
  const { relay, sent } = makeRelay();
  assert.equal(relay.settled(), undefined);
  void relay.publish(say('one'));
  const first = relay.settled()!;
  void relay.publish(say('two'));
  const second = relay.settled()!;
  relay.deliver(say('of another'), false);
  assert.equal(await isSettled(first), false);
  relay.deliver(sent[0]!, true);
  assert.deepEqual([await isSettled(first), await isSettled(second)], [true, false]);
  relay.deliver(sent[1]!, true);
  assert.equal(await isSettled(second), true);
  assert.equal(relay.settled(), undefined);
});

test('whoever says more than the workers take waits until they have', async () => {
  const { relay, sent } = makeRelay();
  const large = say('x'.repeat(200_000));
  assert.equal(relay.publish(large), undefined);
  const room = relay.publish(large)!;
  const also = relay.publish(say('small'))!;
  assert.deepEqual([await isSettled(room), await isSettled(also)], [false, false]);
  relay.taken(sizeOf(large));
  assert.deepEqual([await isSettled(room), await isSettled(also)], [true, true]);
  assert.equal(relay.publish(say('small')), undefined);
  assert.equal(sent.length, 4);
});

test('nobody waits for a supervisor that is gone', async () => {
  const { relay } = makeRelay();
  const room = relay.publish(say('x'.repeat(1_000_000)))!;
  const settled = relay.settled()!;
  relay.end();
  assert.deepEqual([await isSettled(room), await isSettled(settled)], [true, true]);
  assert.deepEqual([relay.publish(say('more')), relay.settled()], [undefined, undefined]);
});
