import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testApp } from '@spiderlightning/guest/test';
import * as app from '../src/app.ts';
import { kept } from '../src/log.ts';
import type { Stretch } from '../src/log.ts';

/** Somebody in a new chat. */
async function begin(hosts = '') {
  const chat = testApp(app, { configs: { settings: { CHAT_HOSTS: hosts } } });
  const enter = async (name: string) => {
    const answer = await chat.request('/sessions', { json: { name } });
    assert.equal(answer.status, 201, answer.text);
    return { authorization: `Bearer ${answer.json().token}` };
  };
  const headers = await enter('Ada');
  const say = (text: string, id: string, more: { seen?: number; headers?: typeof headers } = {}) =>
    chat.request('/rooms/lobby/messages', {
      headers: more.headers ?? headers,
      json: { id, text, ...(more.seen !== undefined && { seen: more.seen }) },
    });
  const read = async (query: string) =>
    (await chat.request(`/rooms/lobby/messages${query}`, { headers })).json<Stretch>();
  return { ...chat, enter, headers, say, read };
}

test('a message has a position, is stored, and is told', async () => {
  const { say, read, sent } = await begin();
  assert.equal((await say('one', 'message-1')).status, 201);
  const { name, position, text } = (await say('two', 'message-2')).json();
  assert.deepEqual({ name, position, text }, { name: 'Ada', position: 2, text: 'two' });
  const { messages, from, until, more } = await read('');
  assert.deepEqual(
    messages.map((message) => message.text),
    ['one', 'two'],
  );
  assert.deepEqual({ from, until, more }, { from: 0, until: 2, more: false });
  assert.deepEqual(
    (await read('?after=1')).messages.map((message) => message.text),
    ['two'],
  );
  assert.deepEqual(
    sent.map(({ channel, event, id }) => [channel, event, id]),
    [
      ['room/lobby', 'message', '1'],
      ['all', 'activity', undefined],
      ['room/lobby', 'message', '2'],
      ['all', 'activity', undefined],
    ],
  );
});

test('what is sent again is one message, also where others spoke meanwhile', async () => {
  const { say, read, enter } = await begin();
  const bob = await enter('Bob');
  assert.equal((await say('mine', 'message-1', { seen: 0 })).json().position, 1);
  await say('between', 'message-2', { headers: bob });
  const again = await say('mine', 'message-1', { seen: 0 });
  assert.deepEqual([again.status, again.json().position], [200, 1]);
  // The id is the speaker's own: another one who uses it says something else.
  assert.equal((await say('his', 'message-1', { headers: bob, seen: 0 })).json().position, 3);
  assert.equal((await read('')).messages.length, 3);
});

test('a host that died between a message and the tail leaves no gap', async () => {
  const { say, read, store } = await begin();
  await say('one', 'message-1');
  const left = { id: 'message-2', room: 'lobby', position: 2, name: 'Bob', text: 'last words', time: '' };
  await store('chat').setJson('message/lobby/0000000002', left);
  assert.deepEqual((await read('?after=1')).messages, [left]);
  assert.equal((await say('three', 'message-3')).json().position, 3);
  assert.equal(await store('chat').getText('tail/lobby'), '3');
  // Or the message is the very one that comes again.
  const own = { ...left, id: 'message-4', position: 4, name: 'Ada' };
  await store('chat').setJson('message/lobby/0000000004', own);
  assert.deepEqual((await say('four', 'message-4')).json(), own);
  assert.equal(await store('chat').getText('tail/lobby'), '4');
  // One that lies beyond a gap is not told yet: what stands before it may come.
  await store('chat').setJson('message/lobby/0000000006', { ...left, position: 6 });
  assert.equal((await read('?after=0')).until, 4);
});

test('the newest thousand are kept, and read in pieces', async () => {
  const { say, read, store } = await begin();
  const chat = store('chat');
  const key = (position: number) => `message/lobby/${String(position).padStart(10, '0')}`;
  for (let position = 1; position <= kept; position++)
    await chat.setJson(key(position), { id: `message-${position}`, name: 'Bob', text: 'x', position });
  await chat.set('tail/lobby', String(kept));
  await say('one more', 'message-1');
  assert.equal(await chat.get(key(1)), undefined);
  const old = await read('?after=0');
  assert.deepEqual([old.from, old.until, old.more, old.messages.length], [1, 101, true, 100]);
  const newest = await read('');
  assert.deepEqual([newest.from, newest.until, newest.messages.length], [951, 1001, 50]);
  const before = await read('?before=952');
  assert.deepEqual(
    [before.messages[0]?.position, before.messages.at(-1)?.position, before.more],
    [902, 951, true],
  );
  assert.equal((await read('?before=3')).more, false);
});

test('a name belongs to one, until it is left or unused for a day', async () => {
  const { request, enter, headers, advance } = await begin();
  const taken = await request('/sessions', { json: { name: 'ADA' } });
  assert.deepEqual([taken.status, taken.json()], [409, { error: 'somebody is called ADA already' }]);
  assert.equal((await request('/sessions', { method: 'DELETE', headers })).status, 204);
  assert.equal((await request('/rooms', { headers })).status, 401);
  await enter('ada');
  advance(24 * 60 * 60 * 1_000 + 1);
  await enter('Ada');
});

test('nothing without a session, nothing but JSON, not too much; errors are JSON', async () => {
  const { request, say, headers } = await begin();
  for (const path of ['/rooms', '/rooms/lobby/messages', '/rooms/lobby/people', '/rooms/lobby/events']) {
    const answer = await request(path);
    assert.equal(answer.status, 401);
    assert.match(answer.json().error, /say who you are/);
  }
  const forms = await request('/rooms/lobby/messages', { headers, form: { id: 'message-1', text: 'x' } });
  assert.equal(forms.status, 415);
  assert.equal((await request('/rooms/none/messages', { headers })).status, 404);
  assert.equal((await request('/rooms/lobby/messages?after=x', { headers })).status, 400);
  assert.equal((await say('', 'message-1')).status, 400);
  assert.ok((await request('/nowhere')).json().error);
  const codes: number[] = [];
  for (let count = 0; count < 25; count++) codes.push((await say('x', `message-${count}`)).status);
  assert.deepEqual(codes.indexOf(429) >= 19 && codes.at(-1), 429);
  assert.ok(Number((await say('x', 'message-26')).headers.get('retry-after')) > 0);
});

test('a backend that is away is 503, and says no more than that', async () => {
  const { request, headers, failStore } = await begin();
  failStore('chat', 'unavailable');
  const answer = await request('/rooms', { headers });
  assert.deepEqual([answer.status, answer.json()], [503, { error: 'not now: try again' }]);
});

test('rooms are opened, once, and not without end', async () => {
  const { request, headers, store } = await begin();
  const open = (name: string) => request('/rooms', { headers, json: { name } });
  assert.deepEqual([(await open('attic')).status, (await open('attic')).status], [201, 200]);
  assert.equal((await open('No Room')).status, 400);
  const { rooms } = (await request('/rooms', { headers })).json();
  assert.deepEqual(
    rooms.map(({ name }: { name: string }) => name),
    ['lobby', 'garden', 'workshop', 'attic'],
  );
  await store('chat').setJson(
    'rooms',
    Array.from({ length: 47 }, (_, index) => `room-${index}`),
  );
  assert.equal((await open('one-more')).status, 409);
});

test('a stream is on its channels; who is here says so, or is not here any more', async () => {
  const { request, headers, store, advance } = await begin();
  const { hold } = await request('/rooms/lobby/events', { headers });
  assert.deepEqual(hold?.channels, ['room/lobby', 'all']);
  const here = (connection: unknown) => request('/rooms/lobby/here', { headers, json: { connection } });
  const people = async () => (await request('/rooms/lobby/people', { headers })).json().here;
  assert.equal((await here('c-1')).status, 410);
  await store('people').set('here/lobby/Zo%C3%AB/c-0', '1');
  await store('people').set('here/lobby/Ada/c-1', '1', { ttlMs: 60_000 });
  assert.deepEqual((await people()).toSorted(), [
    ['c-0', 'Zoë'],
    ['c-1', 'Ada'],
  ]);
  assert.deepEqual((await here('c-1')).json(), { position: 0 });
  assert.equal((await here('c-0')).status, 410, 'the connection of another');
  assert.equal((await here('../x')).status, 400);
  advance(60_001);
  assert.deepEqual(await people(), [['c-0', 'Zoë']]);
  assert.equal((await here('c-1')).status, 410);
});

test('one host writes the digest, once for each time', async () => {
  const { tick, say, sent, locks, store } = await begin();
  await say('one', 'message-1');
  await store('people').set('here/lobby/Ada/c-1', '1');
  const digests = () => sent.filter(({ event }) => event === 'digest');
  const other = await locks('single').acquire('digest');
  await tick('digest', new Date(60_000));
  assert.equal(digests().length, 0, 'another one has the lock');
  await other.release();
  await tick('digest', new Date(60_000));
  await tick('digest', new Date(60_000));
  assert.equal(digests().length, 3, 'one for each room');
  const { time, messages, people, position } = await store('chat').getJson<any>('digest/lobby');
  assert.deepEqual(
    { time, messages, people, position },
    { time: '1970-01-01T00:01:00.000Z', messages: 1, people: 1, position: 1 },
  );
  await tick('digest', new Date(120_000));
  assert.equal((await store('chat').getJson<any>('digest/lobby')).messages, 0);
});

test('pages of the hosts may ask, others may not; the page asks the hosts and nobody else', async () => {
  const { request } = await begin('http://a.example http://b.example:81 javascript:alert(1)');
  const preflight = (origin: string) =>
    request('/rooms/lobby/messages', { method: 'OPTIONS', headers: { origin } });
  const allowed = await preflight('http://b.example:81');
  assert.equal(allowed.status, 204);
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'http://b.example:81');
  const refused = await preflight('http://evil.example');
  assert.equal(refused.headers.has('access-control-allow-origin'), false);
  const page = await request('/');
  const policy = page.headers.get('content-security-policy')!;
  assert.match(policy, /connect-src 'self' http:\/\/a\.example http:\/\/b\.example:81;/);
  const nonce = /'nonce-([^']+)'/.exec(policy)![1]!;
  assert.equal(page.text.split(`nonce="${nonce}"`).length, 3);
  assert.equal(page.text.includes('javascript:'), false);
  assert.doesNotMatch(page.text, /(?:src|href)="(?!data:)/);
  assert.notEqual((await request('/')).text, page.text, 'each page has a nonce of its own');
  assert.ok(page.bytes.length < 50_000);
});

test('who comes and goes is told, and who listens hears what is said from then on', async () => {
  const { connect, enter, headers, say } = await begin();
  await say('before', 'message-1');
  const ada = await connect('/rooms/lobby/events', { headers });
  const bob = await connect('/rooms/lobby/events', { headers: await enter('Bob') });
  await say('hello', 'message-2');
  await bob.close();
  const heard = ada.received.map(({ event, data }) => [event, JSON.parse(String(data)).name]);
  assert.deepEqual(
    heard.filter(([event]) => event !== 'activity'),
    [
      ['joined', 'Ada'],
      ['hello', undefined],
      ['joined', 'Bob'],
      ['message', 'Ada'],
      ['left', 'Bob'],
    ],
  );
  const hello = bob.received.find(({ event }) => event === 'hello')!;
  assert.deepEqual(JSON.parse(String(hello.data)), { connection: bob.id, position: 1 });
});
