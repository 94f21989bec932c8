import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from './log.ts';
import type { LogOptions } from './log.ts';

function recorded(options: Partial<LogOptions> = {}) {
  const written: string[] = [];
  const log = createLog({
    write: (text) => void written.push(text),
    terminal: false,
    now: () => new Date('2026-01-02T03:04:05.678Z'),
    ...options,
  });
  return { log, written };
}

test('lines of one turn leave in one write, warnings at once', async () => {
  const { log, written } = recorded();
  log.access({ method: 'GET', path: '/a', status: 200, ms: 1.23, id: 'x' });
  log.host('info', 'b');
  assert.deepEqual(written, []);
  await new Promise(setImmediate);
  assert.deepEqual(written, [
    '2026-01-02T03:04:05.678Z http  GET /a 200 1.2ms x\n2026-01-02T03:04:05.678Z info  b\n',
  ]);
  log.host('warn', 'c');
  assert.equal(written[1], '2026-01-02T03:04:05.678Z warn  c\n');
});

test('a guest cannot forge a line or command the terminal', () => {
  const { log, written } = recorded();
  const line = {
    id: 'r1',
    context: 'p\n',
    fields: [
      ['k\n', 'v w'],
      ['request', 'r1'],
    ],
  } as const;
  log.guest('info', 'a\n2026 error\r\u001b[2J\u202e\tc\n', line);
  log.flush();
  assert.deepEqual(written, [
    '2026-01-02T03:04:05.678Z info  app | [r1] p\\x0a: a k\\x0a="v w"\n' +
      '2026-01-02T03:04:05.678Z info  app | [r1] p\\x0a: 2026 error\\x0d\\x1b[2J\\u202e\tc\n',
  ]);
});

test("credentials in the host's lines are hidden", () => {
  const { log, written } = recorded();
  log.host('warn', 'redis://user:hunter2@cache:6379 is gone');
  assert.ok(!written.join('').includes('hunter2'));
});

test('levels below the least are dropped; colours only on a terminal', () => {
  const plain = recorded({ level: 'warn' });
  plain.log.host('info', 'no');
  plain.log.guest('debug', 'no');
  plain.log.guest('critical', 'yes');
  assert.deepEqual(plain.written, ['2026-01-02T03:04:05.678Z critical app | yes\n']);
  const terminal = recorded({ terminal: true });
  terminal.log.host('error', 'e');
  assert.match(terminal.written[0]!, /^\u001b\[90m\d\d:\d\d:05\u001b\[0m \u001b\[31merror\u001b\[0m e\n$/);
});

test('the line of an event says what becomes of its messages', () => {
  const event = { trigger: 'subscription', name: 'mails', outcome: 'nack', ms: 3.14159, id: 'e1' };
  const messages = { done: 8, again: 2, dead: 0 };
  const human = recorded();
  human.log.event({ ...event, note: '2 of 10 come again', messages });
  human.log.event({ ...event, outcome: 'ok' });
  human.log.flush();
  assert.deepEqual(human.written, [
    '2026-01-02T03:04:05.678Z event subscription mails nack (2 of 10 come again) 3.1ms e1\n' +
      '2026-01-02T03:04:05.678Z event subscription mails ok 3.1ms e1\n',
  ]);
  const json = recorded({ format: 'json' });
  json.log.event({ ...event, note: '2 of 10 come again', messages });
  json.log.flush();
  assert.deepEqual(JSON.parse(json.written[0]!), {
    time: '2026-01-02T03:04:05.678Z',
    level: 'info',
    source: 'subscription',
    message: 'subscription mails nack (2 of 10 come again)',
    request_id: 'e1',
    name: 'mails',
    outcome: 'nack',
    messages,
    duration_ms: 3.142,
  });
});

test('what a guest says at once takes no more than some room', () => {
  for (const format of ['human', 'json'] as const) {
    const { log, written } = recorded({ format });
    const long = 'x'.repeat(1_000_000);
    log.guest('error', long, {
      context: long,
      fields: Array.from({ length: 100 }, (_, i) => [`${i}`, long]),
    });
    log.guest('error', 'short', { fields: [['a', 'b']] });
    assert.ok(written[0]!.length < 150_000, format);
    assert.match(written[0]!, /x…/);
    assert.match(written[1]!, /short/);
  }
});
