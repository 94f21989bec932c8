import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { mosquittoMissing, startMosquitto } from '../../../../../../test/servers/mosquitto.ts';
import { openMqtt } from '../../../clients/mqtt.ts';
import { openCapability } from '../../core/open.ts';
import type { Delivery } from '../contract.ts';
import type { Claim } from './mqtt-claims.ts';

const patience = 10_000;

/**
 * A group with one message. The author of the claim that counts dies after another's claim has taken its place at the server, and before
 * it has said its own again.
 * @param lease milliseconds of both claims
 */
async function orphan(t: TestContext, lease: number) {
  const server = await startMosquitto();
  t.after(() => server.stop());
  /** Connections are shared by those with the same credentials, which this server does not look at. */
  const as = (user: string) => server.url.replace('//', `//${user}@`);
  const author = await openMqtt(new URL(as('author')));
  t.after(() => author.release());

  async function join(user: string) {
    const messages = await openCapability(
      'messaging',
      { name: 'events', bind: as(user), config: { lease: '1m' } },
      { dataDir: tmpdir(), timeout: 2_000 },
    );
    t.after(() => messages.close());
    await messages.subscribe('workers', ['work']);
    // From now on it hears what the group has.
    await messages.count('workers');
    return messages;
  }
  const knowing = await join('knowing');
  const id = await knowing.publish('work', Buffer.from('1'));
  const topic = `slight/events/g/workers/c/${id}`;
  for (const token of ['good', 'stray']) {
    const claim: Claim = { token, before: '', attempt: 1, lease, due: 0 };
    await author.publish(topic, JSON.stringify(claim), { qos: 1, retain: true });
  }
  /** The token that newcomers find. */
  async function kept(): Promise<string | undefined> {
    let token: string | undefined;
    const stop = await author.subscribe('slight/events/g/workers/c/', 0, (message) => {
      if (message?.retained) token = (JSON.parse(message.payload.toString()) as Claim).token;
    });
    stop();
    return token;
  }
  return { join, knowing, kept };
}

void suite('claims of MQTT whose author has died', { skip: mosquittoMissing, timeout: 60_000 }, () => {
  void test('another who knows what counts says it again', async (t) => {
    const { join, knowing, kept } = await orphan(t, 60_000);
    const newcomer = await join('newcomer');
    for (const end = performance.now() + patience; (await kept()) !== 'good'; await sleep(50))
      assert.ok(performance.now() < end, 'nobody has said it again');
    // It was enough to say it once.
    await sleep(1_500);
    assert.equal(await kept(), 'good');
    for (const messages of [newcomer, knowing])
      assert.deepEqual(await messages.count('workers'), { waiting: 0, leased: 1, dead: 0 });
  });

  for (const [title, lease] of [
    ['also who came before it was said again', 2_000],
    ['also where the message is taken before it is said again', 50],
  ] as const)
    void test(`one member has the message next, as the next attempt, ${title}`, async (t) => {
      const { join, knowing } = await orphan(t, lease);
      const newcomer = await join('newcomer');
      const found: Delivery[] = [];
      const end = performance.now() + 2 * lease + 2_000;
      const take = async (messages: typeof knowing) => {
        while (performance.now() < end) found.push(...(await messages.receive('workers', { wait: 200 })));
      };
      await Promise.all([take(knowing), take(newcomer)]);
      assert.deepEqual(
        found.map(({ attempt }) => attempt),
        [2],
      );
    });
});
