import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { after, before, suite, test, type TestContext } from 'node:test';
import { startNatsCluster, type NatsCluster } from '../../../../../../test/servers/nats-cluster.ts';
import { natsIsOld, natsMissing } from '../../../../../../test/servers/nats.ts';
import { openNats, type NatsClient } from '../../../clients/nats.ts';
import { parsePlace } from '../../../slightfile/place.ts';
import type { Config } from '../../core/capability.ts';
import { openCapability } from '../../core/open.ts';
import { messagingConformance } from '../conformance.ts';
import type { Messaging } from '../contract.ts';
import { largestNatsBody, nats } from './nats.ts';
import { layOut, makeStreams } from './nats-layout.ts';

void suite('messaging on a cluster of NATS', { skip: natsMissing }, () => {
  let cluster: NatsCluster;
  before(async () => void (cluster = await startNatsCluster()));
  after(() => cluster.stop());
  async function connect(t: Pick<TestContext, 'after'>): Promise<NatsClient> {
    const { url, hosts } = parsePlace(cluster.url)!;
    const client = await openNats({ url, hosts, config: {}, dataDir: tmpdir(), timeout: 10_000 });
    t.after(() => client.release());
    return client;
  }

  const openAs = (name: string, bind: string, config: Config = {}): Promise<Messaging> =>
    openCapability('messaging', { name, bind, config }, { dataDir: tmpdir(), timeout: 10_000 });

  /** In streams that were made before, as an owner of older servers may do: they fail in nothing but what `checkReplicas` tells. */
  async function open(name: string, bind: string, config: Config = {}): Promise<Messaging> {
    const { url, hosts } = parsePlace(bind)!;
    const client = await openNats({ url, hosts, config: {}, dataDir: tmpdir(), timeout: 5_000 });
    try {
      for (let tries = 1; ; tries++)
        try {
          await makeStreams(client, layOut(name), 3);
          return await openAs(name, bind, config);
        } catch (error) {
          // Servers that are busy may agree later than somebody waits; what they were asked for is there the next time.
          if (
            !/timeout/i.test(`${(error as Error).name} ${(error as { code?: unknown }).code}`) ||
            tries === 5
          )
            throw error;
        }
    } finally {
      client.release();
    }
  }

  const checks = messagingConformance({
    open: (name, config) => open(name, cluster.url, config),
    // All three killed at once take ten seconds to agree again.
    features: nats.features.difference(new Set(['durable-server'])),
    largestBody: largestNatsBody,
  });

  void suite('all at once, since servers take their time to agree', { concurrency: 6 }, () => {
    for (const { name, run } of checks) void test(name, run);

    void test('a dead letter is seen at once, whichever server is asked', async (t) => {
      const all: Messaging[] = [];
      for (const { url } of cluster.nodes) all.push(await open('letters', url));
      t.after(() => Promise.all(all.map((each) => each.close())));
      await all[0]!.subscribe('group', ['a']);
      for (let i = 1; i <= 30; i++)
        for (const each of all) {
          await each.publish('a', Buffer.from(String(i)));
          const [delivery] = await each.receive('group', { wait: 5_000 });
          await each.dead(delivery!.receipt, 'no use');
          for (const other of all) {
            const { letters } = await other.deadLetters('group');
            assert.equal(letters.at(-1)?.id, delivery!.id);
            assert.equal((await other.count('group')).dead, letters.length);
          }
          assert.equal(await each.purge('group'), 1);
          for (const other of all) assert.deepEqual(await other.deadLetters('group'), { letters: [] });
        }
    });

    void test('what is to have replicas has them, or is refused where the servers lose it', async (t) => {
      const { manager, connection } = await connect(t);
      const opening = openAs('replicas', cluster.url, { replicas: 3 });
      if (natsIsOld) {
        await assert.rejects(
          opening,
          /nats-server 2\.\d+\.\d+ loses confirmed messages.*Update it.*leave `replicas` out/,
        );
        assert.match(connection.info!.version, /^2\.\d\./);
        return;
      }
      const messages = await opening;
      t.after(() => messages.close());
      const streams = await manager.streams.list('slight.replicas.>').next();
      assert.deepEqual(
        streams.map(({ config }) => config.num_replicas),
        [3, 3, 3, 3],
      );
    });

    void test('a number of replicas that cannot be is refused, and says how many there can be', async () => {
      for (const [replicas, expected] of [
        [0, /`replicas` is a whole number from 1 to 5/],
        [2.5, /`replicas` is a whole number from 1 to 5/],
        [6, /`replicas` is a whole number from 1 to 5/],
      ] as const)
        for (const capability of ['keyvalue', 'locks', 'messaging'] as const)
          await assert.rejects(
            async () =>
              openCapability(
                capability,
                { name: 'few', bind: cluster.url, config: { replicas } },
                { dataDir: tmpdir(), timeout: 10_000 },
              ),
            expected,
          );
    });
  });
});
