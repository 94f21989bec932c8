import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { serveApp, waitUntil } from '../../../packages/slight/test/slight.ts';
import { subscribe } from '../../../packages/slight/test/subscriber.ts';
import type { Subscriber } from '../../../packages/slight/test/subscriber.ts';
import type { Stretch } from '../src/log.ts';
import { ask, buildChat, enter, layOut } from './app.ts';

let component: Uint8Array;
before(async () => {
  component = await buildChat();
});

const parse = (client: Subscriber) => client.received.map((text) => JSON.parse(text));

test('embedded: what is said is heard, who comes and goes is told, and all of it outlives the host', async () => {
  const folder = await layOut(component);
  const host = await serveApp(folder);
  const [ada, bob] = [await enter(host.url, 'Ada'), await enter(host.url, 'Bob')];
  const lobby = `${host.url}/rooms/lobby`;
  const listen = (token: string) =>
    subscribe(`${lobby}/events`, 'event-stream', { authorization: `Bearer ${token}` });
  const first = await listen(ada);
  await waitUntil('hello', () => parse(first).some(({ position }) => position === 0));
  const second = await listen(bob);
  await waitUntil('Bob has come', () => parse(first).some(({ name }) => name === 'Bob'));
  const body = { id: 'message-1', text: 'hello', seen: 0 };
  assert.equal((await ask(`${lobby}/messages`, bob, body)).status, 201);
  for (const client of [first, second])
    await waitUntil('it is heard', () => parse(client).some(({ text }) => text === 'hello'));
  const { here } = (await ask(`${lobby}/people`, ada)).json;
  assert.deepEqual(here.map(([, name]: string[]) => name).toSorted(), ['Ada', 'Bob']);
  const { connection } = parse(second).find(({ connection, name }) => connection && !name);
  assert.deepEqual((await ask(`${lobby}/here`, bob, { connection })).json, { position: 1 });
  await waitUntil('a digest has come', () => parse(first).some(({ people }) => people === 2));
  second.socket.destroy();
  await waitUntil('Bob has gone', async () => (await ask(`${lobby}/people`, ada)).json.here.length === 1);
  const large = await ask(`${lobby}/messages`, bob, { ...body, text: 'x'.repeat(2_001) });
  assert.equal(large.status, 400);
  assert.match(large.json.error, /2000 characters/);
  assert.equal((await host.stop()).code, 0);

  const again = await serveApp(folder);
  const kept = (await ask(`${again.url}/rooms/lobby/messages?after=0`, ada)).json as Stretch;
  assert.deepEqual(
    kept.messages.map(({ name, text }) => [name, text]),
    [['Bob', 'hello']],
  );
  await again.stop();
});

test('many speak at once: positions without a gap, every message once', async () => {
  const host = await serveApp(await layOut(component));
  const tokens = await Promise.all(['Ada', 'Bob', 'Cem', 'Dan'].map((name) => enter(host.url, name)));
  const url = `${host.url}/rooms/lobby/messages`;
  await Promise.all(
    tokens.map(async (token, speaker) => {
      for (let count = 0; count < 10; count++) {
        const body = { id: `message-${speaker}-${count}`, text: `${speaker}.${count}`, seen: 0 };
        // Each is sent twice at once, as by a page that gave up waiting.
        const answers = await Promise.all([ask(url, token, body), ask(url, token, body)]);
        assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 201]);
        assert.equal(answers[0]!.json.position, answers[1]!.json.position);
      }
    }),
  );
  const { messages } = (await ask(`${url}?after=0`, tokens[0])).json as Stretch;
  assert.deepEqual(
    messages.map(({ position }) => position),
    Array.from({ length: 40 }, (_, index) => index + 1),
  );
  assert.equal(new Set(messages.map(({ text }) => text)).size, 40);
  await host.stop();
});
