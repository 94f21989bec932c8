import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { mosquittoMissing, startMosquitto } from '../../../../../../test/servers/mosquitto.ts';
import type { MosquittoOptions, MosquittoServer } from '../../../../../../test/servers/mosquitto.ts';
import { startProxy } from '../../../../../../test/servers/proxy.ts';
import type { TestServer } from '../../../../../../test/servers/server.ts';
import { openMqtt } from '../../../clients/mqtt.ts';
import { CapabilityError } from '../../core/error.ts';
import type { Config } from '../../core/capability.ts';
import { openCapability } from '../../core/open.ts';
import type { Delivery, Messaging } from '../contract.ts';

/** Milliseconds. */
const timeout = 2_000;
const patience = 30_000;
const lease = 3_000;

async function serve(t: TestContext, options?: MosquittoOptions): Promise<MosquittoServer> {
  const server = await startMosquitto(options);
  t.after(() => server.stop());
  return server;
}

async function open(t: TestContext, bind: string, config: Config = {}): Promise<Messaging> {
  const messages = await openCapability(
    'messaging',
    { name: 'events', bind, config: { lease: `${lease}ms`, attempts: 1_000, ...config } },
    { dataDir: tmpdir(), timeout },
  );
  t.after(() => messages.close());
  return messages;
}

/** Connections are shared by those with the same credentials, which this server does not look at. */
function as(user: string, { url }: TestServer): string {
  return url.replace('//', `//${user}@`);
}

async function failure(call: unknown): Promise<CapabilityError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof CapabilityError, String(error));
    return error;
  }
  throw new Error('it did not fail');
}

/** Repeats what may fail for a while. */
async function recovers<T>(work: () => Promise<T> | T): Promise<T> {
  for (const end = performance.now() + patience; ;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(20);
    }
  }
}

/** Everybody publishes and consumes, however often something fails. */
function startWork(members: readonly Messaging[]) {
  const confirmed: string[] = [];
  const handled: string[] = [];
  const failures: CapabilityError[] = [];
  let producing = true;
  let consuming = true;

  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      assert.ok(error instanceof CapabilityError, String(error));
      failures.push(error);
      await sleep(10);
    }
  }
  const produce = members.map(async (messages, who) => {
    for (let i = 0; producing; i++) {
      // No more than is worked off soon.
      while (producing && confirmed.length > handled.length + 30) await sleep(5);
      const text = `${who} ${i}`;
      await attempt(async () => {
        await messages.publish('work', Buffer.from(text));
        confirmed.push(text);
      });
    }
  });
  const consume = members.map(async (messages) => {
    while (consuming)
      await attempt(async () => {
        const deliveries = await messages.receive('workers', { max: 10, wait: 100 });
        handled.push(...deliveries.map(({ body }) => Buffer.from(body).toString()));
        await messages.ack(deliveries.map(({ receipt }) => receipt));
      });
  });
  return {
    confirmed,
    handled,
    failures,
    async finish(): Promise<void> {
      producing = false;
      await Promise.all(produce);
      await recovers(async () =>
        assert.deepEqual(await members[0]!.count('workers'), { waiting: 0, leased: 0, dead: 0 }),
      );
      consuming = false;
      await Promise.all(consume);
    },
  };
}

/** @returns duplicates */
function assertSound(t: TestContext, { confirmed, handled, failures }: ReturnType<typeof startWork>): number {
  const different = new Set(handled);
  const duplicates = handled.length - different.size;
  t.diagnostic(`${confirmed.length} confirmed, ${duplicates} duplicates, ${failures.length} failures`);
  const lost = confirmed.filter((text) => !different.has(text));
  assert.deepEqual(lost, [], 'lost');
  return duplicates;
}

/** Topics below which the server keeps something. */
async function listKept({ url }: TestServer): Promise<string[]> {
  const client = await openMqtt(new URL(url));
  const topics: string[] = [];
  try {
    await client.subscribe('slight/events/', 0, (message) => {
      if (message !== undefined) topics.push(message.topic);
    });
    return topics;
  } finally {
    client.release();
  }
}

const settings = { skip: mosquittoMissing, timeout: 120_000 };

void suite('messages on MQTT in trouble', settings, () => {
  void test('members with connections of their own get each message once, and nothing is left of it', async (t) => {
    const server = await serve(t);
    const members = await Promise.all(
      ['a', 'b', 'c'].map((user) => open(t, as(user, server), { lease: '1m' })),
    );
    await members[0]!.subscribe('workers', ['work']);
    const work = startWork(members);
    await recovers(() => assert.ok(work.handled.length > 100));
    await work.finish();
    assert.equal(assertSound(t, work), 0);
    await recovers(async () => assert.deepEqual(await listKept(server), ['slight/events/groups/workers']));
    await members[1]!.unsubscribe('workers');
    assert.deepEqual(await listKept(server), []);
  });

  void test('a group that another process makes has all that is published from then on', async (t) => {
    const server = await serve(t);
    const [one, two] = [await open(t, as('a', server)), await open(t, as('b', server))];
    for (let i = 0; i < 20; i++) {
      // It is under way while the group is made.
      const meanwhile = two.publish('work', Buffer.from('meanwhile'));
      await one.subscribe(`group${i}`, ['work']);
      const id = await two.publish('work', Buffer.from('after'));
      await meanwhile;
      const ids: string[] = [];
      while (!ids.includes(id)) {
        const some = await one.receive(`group${i}`, { max: 10, wait: patience });
        assert.ok(some.length > 0, `it did not reach group ${i}`);
        ids.push(...some.map((each) => each.id));
      }
      await one.unsubscribe(`group${i}`);
    }
  });

  void test('what a killed process had comes to another, as the next attempt', async (t) => {
    const server = await serve(t);
    const messages = await open(t, server.url);
    await messages.subscribe('workers', ['work']);
    for (const text of ['1', '2', '3']) await messages.publish('work', Buffer.from(text));
    const code = `
      const { openCapability } = await import(${JSON.stringify(new URL('../../core/open.ts', import.meta.url).href)});
      const messages = await openCapability('messaging',
        { name: 'events', bind: ${JSON.stringify(server.url)}, config: { lease: '${lease}ms' } },
        { dataDir: ${JSON.stringify(tmpdir())}, timeout: 10_000 });
      for (let taken = 0; taken < 2;) taken += (await messages.receive('workers', { max: 2 - taken, wait: 10_000 })).length;
      console.log('taken');
      setInterval(() => undefined, 1_000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const gone = once(child, 'exit');
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    assert.equal(said.toString(), 'taken\n');
    child.kill('SIGKILL');
    await gone;
    // The server is killed too: who had them, and how often, is not only in somebody's memory.
    await server.kill();
    await server.restart();
    const attempts: number[] = [];
    while (attempts.length < 3) {
      const some = await recovers(() => messages.receive('workers', { max: 10, wait: patience }));
      attempts.push(...some.map(({ attempt }) => attempt));
      await messages.ack(some.map(({ receipt }) => receipt));
    }
    assert.deepEqual(attempts.toSorted(), [1, 2, 2]);
  });

  void test('a lease that is long ends too, however often others look', async (t) => {
    const server = await serve(t);
    const [one, other] = [
      await open(t, as('a', server), { lease: '7s' }),
      await open(t, as('b', server), { lease: '7s' }),
    ];
    await one.subscribe('workers', ['work']);
    await one.publish('work', Buffer.from('held'));
    await one.receive('workers', { wait: patience });
    await one.close();
    const begun = performance.now();
    const deliveries: Delivery[] = [];
    while (deliveries.length === 0 && performance.now() < begun + patience)
      deliveries.push(...(await other.receive('workers', { wait: 1_000 })));
    assert.deepEqual(
      deliveries.map(({ attempt }) => attempt),
      [2],
    );
  });

  void test('what a member has it has while its connection is made again', async (t) => {
    const server = await serve(t);
    const link = await startProxy(server.port);
    t.after(() => link.close());
    const failures: CapabilityError[] = [];
    const messages = await open(t, server.url.replace(`:${server.port}`, `:${link.port}`), { lease: '1m' });
    await messages.subscribe('workers', ['work']);
    await messages.publish('work', Buffer.from('held'));
    const [held] = await messages.receive('workers', { wait: patience });
    await link.cut();
    link.delay(100);
    await link.heal();
    await recovers(async () => {
      try {
        await messages.ack([held!.receipt]);
      } catch (error) {
        failures.push(error as CapabilityError);
        throw error;
      }
    });
    assert.deepEqual([...new Set(failures.map(({ code }) => code))], ['unavailable']);
  });

  void test('a password that is wrong, and a server that is not there', async (t) => {
    const server = await serve(t, { user: 'tester', password: 's3cret/@' });
    const messages = await open(t, server.url);
    await messages.subscribe('workers', ['work']);
    const refused = await failure(open(t, server.url.replace('s3cret', 'wr0ng')));
    assert.deepEqual([refused.code, refused.outcome], ['unauthenticated', 'none']);
    assert.doesNotMatch(refused.message, /wr0ng/);
    await server.kill();
    const away = await failure(messages.publish('work', Buffer.from('')));
    assert.equal(away.code, 'unavailable');
    assert.equal((await failure(open(t, server.url.replace('tester', 'other')))).code, 'unavailable');
    for (const bind of [`${server.url}/topic`, `${server.url}?x=1`])
      assert.equal((await failure(open(t, bind))).code, 'invalid-argument');
  });

  void test('TLS, where the certificate is trusted', async (t) => {
    const server = await serve(t, { tls: true });
    const url = `mqtts://localhost:${server.tls!.port}`;
    const refused = await failure(open(t, url));
    assert.deepEqual([refused.code, refused.outcome], ['unavailable', 'none']);
    assert.match(refused.message, /certificate/);
    const trusted = getCACertificates();
    t.after(() => setDefaultCACertificates(trusted));
    setDefaultCACertificates([...trusted, server.tls!.certificate]);
    const messages = await open(t, url);
    await messages.subscribe('workers', ['work']);
    const id = await messages.publish('work', Buffer.from('secret'));
    const [delivery] = await messages.receive('workers', { wait: patience });
    assert.equal(delivery?.id, id);
  });

  void test('what devices send that know nothing of slight is heard, and garbage does no harm', async (t) => {
    const server = await serve(t);
    const messages = await open(t, server.url);
    await messages.subscribe('workers', ['work']);
    const listener = await messages.listen(['hall.*']);
    const device = await openMqtt(new URL(as('device', server)));
    t.after(() => device.release());
    for (const topic of ['groups/other', 'g/workers/c/1', 'g/workers/m/1', 'd/workers/1'])
      await device.publish(`slight/events/${topic}`, '{', { qos: 1, retain: true });
    await device.publish('slight/events/b/hall/1', '21.5', { qos: 0 });
    const [heard] = await listener.next(1, patience);
    assert.deepEqual(
      [heard!.topic, heard!.headers, Buffer.from(heard!.body).toString()],
      ['hall.1', [], '21.5'],
    );
    listener.close();
    const id = await messages.publish('work', Buffer.from('good'));
    assert.deepEqual(
      (await messages.receive('workers', { wait: patience })).map((each) => each.id),
      [id],
    );
    assert.deepEqual((await messages.deadLetters('workers')).letters, []);
    assert.deepEqual(
      (await messages.groups()).map(({ name }) => name),
      ['workers'],
    );
  });
});
