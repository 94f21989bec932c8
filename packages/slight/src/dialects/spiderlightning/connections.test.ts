import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HeldCommand } from '../../triggers/held/command.ts';
import { connectionsInterface } from './connections.ts';

type Call = (...args: unknown[]) => unknown;

function make(room?: Promise<void>) {
  const said: HeldCommand[] = [];
  const functions = connectionsInterface({
    message: 100,
    publish(command) {
      said.push(command);
      return room;
    },
  }) as { readonly [name: string]: Call };
  const call = (name: string, ...args: unknown[]) => functions[name]!(...args);
  return { said, call };
}

const message = (val: string | Uint8Array, more: { event?: string; id?: string } = {}) => ({
  content: { tag: typeof val === 'string' ? 'text' : 'binary', val },
  event: undefined,
  id: undefined,
  ...more,
});
const done = { tag: 'ok' };

test('what is right is handed on as it is', () => {
  const { said, call } = make();
  assert.deepEqual(call('broadcast', 'all', message('hello', { event: 'said', id: '1' })), done);
  assert.deepEqual(call('send', 'a.1', message(Uint8Array.of(1))), done);
  assert.deepEqual(call('close', 'a.1', 4999, 'bye'), done);
  assert.deepEqual(call('join', 'a.1', 'x'.repeat(256)), done);
  assert.deepEqual(call('leave', 'a.1', 'all'), done);
  assert.deepEqual(said, [
    { type: 'broadcast', channel: 'all', message: { content: 'hello', event: 'said', id: '1' } },
    {
      type: 'send',
      connection: 'a.1',
      message: { content: Uint8Array.of(1), event: undefined, id: undefined },
    },
    { type: 'close', connection: 'a.1', code: 4999, reason: 'bye' },
    { type: 'join', connection: 'a.1', channel: 'x'.repeat(256) },
    { type: 'leave', connection: 'a.1', channel: 'all' },
  ]);
});

test('what is wrong is an error that says what, and is handed on to nobody', () => {
  const { said, call } = make();
  const wrong: [RegExp, string, ...unknown[]][] = [
    [/1 to 256 bytes, not 0/, 'broadcast', '', message('')],
    [/1 to 256 bytes, not 258/, 'join', 'a.1', 'ü'.repeat(129)],
    [/at most limits.message \(100\) bytes, not 102/, 'broadcast', 'all', message('ü'.repeat(51))],
    [/at most limits.message \(100\) bytes, not 101/, 'send', 'a.1', message(new Uint8Array(101))],
    [/type of an event has a line break/, 'send', 'a.1', message('', { event: 'a\ndata: forged' })],
    [/type of an event has a line break/, 'send', 'a.1', message('', { event: 'a\rb' })],
    [/id of an event has a line break or a null/, 'send', 'a.1', message('', { id: 'a\0' })],
    [/id of an event is longer/, 'send', 'a.1', message('', { id: 'x'.repeat(257) })],
    ...[0, 999, 1001, 1005, 1006, 1012, 2999, 5000].map((code): [RegExp, string, ...unknown[]] => [
      new RegExp(`3000 to 4999, not ${code}$`),
      'close',
      'a.1',
      code,
      '',
    ]),
    [/at most 123 bytes, not 124/, 'close', 'a.1', 1000, 'x'.repeat(124)],
  ];
  for (const [pattern, name, ...args] of wrong) {
    const { tag, val } = call(name, ...args) as { tag: string; val: { code: string; message: string } };
    assert.deepEqual([tag, val.code], ['err', 'invalid-argument']);
    assert.match(val.message, pattern);
  }
  assert.deepEqual(said, []);
});

test('what cannot be the name of a connection is one that is gone, however long', () => {
  const { said, call } = make();
  assert.deepEqual(call('send', 'x'.repeat(1_000_000), message('hello')), done);
  assert.deepEqual(said, []);
});

test('where there is no room the guest waits', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { said, call } = make(promise);
  const answer = call('broadcast', 'all', message('hello'));
  assert.ok(answer instanceof Promise);
  assert.equal(said.length, 1);
  resolve();
  assert.deepEqual(await answer, done);
});
