import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { openCapability } from '../../capabilities/core/open.ts';
import type { Messaging } from '../../capabilities/messaging/contract.ts';
import { createLocalRelay } from '../../triggers/held/command.ts';
import type { HeldCommand } from '../../triggers/held/command.ts';
import { createSpanningRelay } from './spanning-relay.ts';

const say = (content: string): HeldCommand => ({
  type: 'broadcast',
  channel: 'all',
  message: { content, event: undefined, id: undefined },
});

/** Messages in memory, which every host of a test shares. */
async function openMessages(t: TestContext): Promise<Messaging> {
  const bind = { name: 'events', bind: 'memory', config: {} };
  const messaging = await openCapability('messaging', bind, { dataDir: '/nowhere', timeout: 1_000 });
  t.after(() => messaging.close());
  return messaging;
}

/** A host, what it has heard, and what it has said in its log. */
function makeHost(t: TestContext, host: string) {
  const heard: HeldCommand[] = [];
  const lines: string[] = [];
  const relay = createSpanningRelay({
    local: createLocalRelay(),
    host,
    log: { host: (level, message) => void lines.push(`${level}: ${message}`) },
    pause: 5,
  });
  relay.subscribe((command) => void heard.push(command));
  t.after(() => relay.leave());
  return { relay, heard, lines };
}

async function until(what: string, ask: () => boolean): Promise<void> {
  for (const end = performance.now() + 60_000; !ask(); await new Promise((next) => setTimeout(next, 5)))
    if (performance.now() > end) assert.fail(what);
}

test('what one host says reaches the others once, in its order, and itself at once', async (t) => {
  const messaging = await openMessages(t);
  const [one, two, three] = [makeHost(t, 'one'), makeHost(t, 'two'), makeHost(t, 'three')];
  void one.relay.publish(say('before anybody joined'));
  for (const { relay } of [one, two, three]) await relay.join(messaging, true);
  const said = Array.from({ length: 500 }, (_, n) => say(`${n}`));
  for (const command of said) void one.relay.publish(command);
  assert.equal(one.heard.length, 501, 'without waiting for anybody');
  void two.relay.publish({ type: 'close', connection: 'c', code: 1000, reason: 'bye' });
  await until(
    'all is heard',
    () => [two, three].every(({ heard }) => heard.length === 501) && one.heard.length === 502,
  );
  const numbers = (heard: readonly HeldCommand[]) => heard.filter(({ type }) => type === 'broadcast');
  assert.deepEqual(numbers(two.heard), said);
  assert.deepEqual(numbers(three.heard), said);
  assert.deepEqual(one.heard.at(-1), { type: 'close', connection: 'c', code: 1000, reason: 'bye' });
});

test('workers of one host are not told twice', async (t) => {
  const messaging = await openMessages(t);
  const [first, second, other] = [makeHost(t, 'one'), makeHost(t, 'one'), makeHost(t, 'two')];
  for (const { relay } of [first, second, other]) await relay.join(messaging, true);
  void first.relay.publish(say('hello'));
  await until('the other host hears it', () => other.heard.length === 1);
  void other.relay.publish(say('and back'));
  await until('both workers hear it', () => [first, second].every(({ heard }) => heard.length > 0));
  // Their supervisor brings what was said on their own host.
  assert.deepEqual(second.heard, [say('and back')]);
});

test('a process without connections speaks, and hears nothing', async (t) => {
  const messaging = await openMessages(t);
  const [worker, web] = [makeHost(t, 'one'), makeHost(t, 'two')];
  await worker.relay.join({ ...messaging, listen: () => assert.fail('it listens') }, false);
  await web.relay.join(messaging, true);
  void worker.relay.publish(say('done'));
  await until('it is heard', () => web.heard.length === 1);
});

test('while messages fail, clients of the host are served, and that is said once, and once that it is over', async (t) => {
  const messaging = await openMessages(t);
  const [one, two] = [makeHost(t, 'one'), makeHost(t, 'two')];
  let down = false;
  const broken: Messaging = {
    ...messaging,
    broadcast: (...args) => {
      if (down) throw new Error('nobody answers');
      return messaging.broadcast(...args);
    },
  };
  await one.relay.join(broken, true);
  await two.relay.join(messaging, true);
  down = true;
  for (const content of ['a', 'b']) {
    void one.relay.publish(say(content));
    await new Promise(setImmediate);
  }
  down = false;
  void one.relay.publish(say('c'));
  await until('it is heard again', () => two.heard.length === 1);
  assert.deepEqual(two.heard, [say('c')]);
  assert.equal(one.heard.length, 3);
  await until('it is told', () => one.lines.length === 2);
  assert.match(one.lines[0]!, /^warn: not what is said reaches other hosts: nobody answers/);
  assert.equal(one.lines[1], 'info: what is said reaches other hosts again');
});

test('a listener that breaks is opened again', async (t) => {
  const messaging = await openMessages(t);
  const [one, two] = [makeHost(t, 'one'), makeHost(t, 'two')];
  let opened = 0;
  const breaking: Messaging = {
    ...messaging,
    async listen(topics) {
      const listener = await messaging.listen(topics);
      if (opened++ > 0) return listener;
      return { next: () => Promise.reject(new Error('cut off')), close: () => listener.close() };
    },
  };
  await two.relay.join(breaking, true);
  await one.relay.join(messaging, true);
  await until('it listens again', () => opened === 2);
  void one.relay.publish(say('x'));
  await until('it hears', () => two.heard.length === 1);
  assert.match(two.lines[0]!, /not what other hosts say is heard: cut off/);
});

test('what is too large for a message stays on its host', async (t) => {
  const messaging = await openMessages(t);
  const [one, two] = [makeHost(t, 'one'), makeHost(t, 'two')];
  for (const { relay } of [one, two]) await relay.join(messaging, true);
  void one.relay.publish(say('x'.repeat(1024 * 1024)));
  void one.relay.publish(say('small'));
  await until('the small one is heard', () => two.heard.length > 0);
  assert.deepEqual([two.heard, one.heard.length], [[say('small')], 2]);
  assert.match(one.lines[0]!, /too large for other hosts/);
});
