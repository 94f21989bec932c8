import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpError, broadcast, openStore, router, sse, status, websocket } from '@spiderlightning/guest';
import type { Connection } from '@spiderlightning/guest';
import { testApp } from '@spiderlightning/guest/test';

const app = router();
const log = openStore('log');
/** Adds a line to what the app remembers. */
const note = async (line: string) => log.set('said', `${(await log.getText('said')) ?? ''}${line}\n`);
const nameOf = ({ context }: Connection) => (context as { name: string } | undefined)?.name ?? 'nobody';

app.get('/events', async () => sse({ channel: 'news', headers: { 'x-from': 'app' } }));
app.get('/chat', async (req) => {
  const name = req.query.get('name');
  if (name === undefined) throw new HttpError(401, 'who are you?');
  const protocol = req.query.get('protocol');
  return websocket({ channel: 'lobby', context: { name }, ...(protocol !== undefined && { protocol }) });
});
app.get('/crowded', async () => sse({ channels: Array.from({ length: 65 }, (_, n) => `c${n}`) }));
app.get('/nameless', async () => sse({ channel: '' }));
app.get('/heavy', async () => sse({ context: 'x'.repeat(70_000) }));
app.post('/news', async (req) => {
  broadcast('news', await req.text(), { event: 'headline', id: '7' });
  return status(204);
});
app.onOpen((connection, lastEventId) =>
  connection.send({ welcome: nameOf(connection), since: lastEventId ?? null }),
);
app.onMessage(async (connection, message) => {
  if (typeof message.data !== 'string') return connection.send(message.data.toReversed());
  const { say, room, end, fail, many } = message.json<{ [what: string]: string }>();
  await note(`${nameOf(connection)}: ${message.text()}`);
  if (fail !== undefined) throw new Error(fail);
  if (many !== undefined) for (let n = 0; n < 70; n++) connection.join(`room/${n}`);
  if (room !== undefined) {
    connection.leave('lobby');
    connection.join(room);
  }
  if (say !== undefined)
    for (const channel of connection.channels) broadcast(channel, { from: nameOf(connection), say });
  if (end !== undefined) connection.close(Number(end), 'bye');
});
app.onClose(async (connection, code, reason) => {
  await note(`${nameOf(connection)} left: ${code} ${reason}`);
  for (const channel of connection.channels) broadcast(channel, { left: nameOf(connection) });
});

const said = (messages: readonly { data: string | Uint8Array }[]) =>
  messages.map(({ data }) => JSON.parse(String(data)) as unknown);

test('an event stream hears what is sent to it and broadcast, and of its last event', async () => {
  const { connect, request, sent } = testApp(app);
  const page = await connect('/events', { lastEventId: '6' });
  assert.deepEqual([page.kind, page.headers.get('X-From'), page.channels], ['event-stream', 'app', ['news']]);
  await request('/news', { body: 'hello' });
  assert.deepEqual(page.received, [
    { data: '{"welcome":"nobody","since":"6"}', event: undefined, id: undefined },
    { data: 'hello', event: 'headline', id: '7' },
  ]);
  assert.deepEqual(
    sent.map(({ channel, connection }) => channel ?? connection),
    [page.id, 'news'],
  );
  await page.close();
  assert.deepEqual(page.closed, { code: 1006, reason: '' });
  await request('/news', { body: 'nobody is there' });
  assert.equal(page.received.length, 2);
});

test('websockets speak, join and leave; those of another channel and another app hear nothing', async () => {
  const { connect, store } = testApp(app);
  const [ada, bob] = [await connect('/chat?name=Ada'), await connect('/chat?name=Bob')];
  const elsewhere = await testApp(app).connect('/chat?name=Eve');
  await ada.send({ say: 'hello' });
  await bob.send('{"room":"attic","say":"moving"}');
  await ada.send({ say: 'gone?' });
  const hello = { from: 'Ada', say: 'hello' };
  // Its channels are as they were when the event began.
  assert.deepEqual(said(bob.received), [{ welcome: 'Bob', since: null }, hello]);
  assert.deepEqual(bob.channels, ['attic']);
  assert.deepEqual(said(ada.received).slice(1), [
    hello,
    { from: 'Bob', say: 'moving' },
    { from: 'Ada', say: 'gone?' },
  ]);
  assert.equal(elsewhere.received.length, 1);
  await ada.send(Uint8Array.of(1, 2, 3));
  assert.deepEqual(ada.received.at(-1)?.data, Uint8Array.of(3, 2, 1));
  await bob.close(4001, 'tired');
  assert.match((await store('log').getText('said')) ?? '', /Bob left: 4001 tired\n$/);
});

test('the events of one connection come one after the other; what came after its end is not told', async () => {
  const { connect, store } = testApp(app);
  const ada = await connect('/chat?name=Ada');
  await Promise.all([ada.send({ say: '1' }), ada.send({ say: '2', end: '4000' }), ada.send({ say: '3' })]);
  // What the app ended it hears of as well.
  await assert.rejects(ada.close(), /is closed \(4000, bye\); connect\(…\) opens another one/);
  assert.deepEqual(said(ada.received).slice(1), [
    { from: 'Ada', say: '1' },
    { from: 'Ada', say: '2' },
  ]);
  assert.equal(
    await store('log').getText('said'),
    'Ada: {"say":"1"}\nAda: {"say":"2","end":"4000"}\nAda left: 4000 bye\n',
  );
});

test('what a handler throws ends the connection, and is in the log', async () => {
  const { connect, logs } = testApp(app);
  const ada = await connect('/chat?name=Ada');
  await ada.send({ fail: 'on purpose' });
  assert.deepEqual(ada.closed, { code: 1011, reason: 'the app failed' });
  assert.match(logs[0]!.message, /^onMessage failed: Error: on purpose/);
  await assert.rejects(ada.send('more'), /is closed \(1011, the app failed\)/);
  const bob = await connect('/chat?name=Bob');
  await bob.send({ end: '1001' });
  assert.match(
    logs[1]!.message,
    /an app closes connections with code 1000, 1011 or one from 3000 to 4999, not 1001/,
  );
  const crowd = await connect('/chat?name=Crowd');
  await crowd.send({ many: 'yes' });
  assert.equal(crowd.channels.length, 64);
  assert.match(logs.at(-1)!.message, /is on 64 channels and joins no more/);
});

test('what is no connection says what to do', async () => {
  const { connect } = testApp(app);
  await assert.rejects(
    connect('/chat'),
    /^Error: \/chat was answered with 401 and holds no connection: who are you\?\n+ {2}fix: have its handler answer with sse\(\) or websocket\(\); request\(\) is for/,
  );
  const chosen = '/chat?name=Ada&protocol=v2';
  await assert.rejects(
    connect(chosen),
    /502 .* the subprotocol "v2", which the client did not offer; connect\(path, \{ protocols: \['v2'\] \}\)/,
  );
  assert.equal((await connect(chosen, { protocols: ['v1', 'v2'] })).protocol, 'v2');
  await assert.rejects(connect('/crowded'), /502 .* more than 64 channels/);
  await assert.rejects(connect('/nameless'), /502 .* a channel of 0 bytes/);
  await assert.rejects(connect('/heavy'), /502 .* its context has 70002 bytes; 64 KiB are the most/);
  const page = await connect('/events');
  await assert.rejects(
    page.send('hello'),
    /the client of an event stream sends nothing; the app answers with websocket\(\)/,
  );
  await assert.rejects(page.close(1000), /leaves without a code/);
  const ada = await connect('/chat?name=Ada');
  await assert.rejects(ada.close(1011), /1000 or one from 3000 to 4999, not 1011/);
});
