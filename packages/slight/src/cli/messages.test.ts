import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openCapability } from '../capabilities/core/open.ts';

const bin = join(import.meta.dirname, '../../bin/slight.js');
const slightfile = `specversion = "0.3"
[app]
component = "app.wasm"
[messaging]
events = { bind = "sqlite", lease = "1m" }
here = "memory"
away = "redis://127.0.0.1:1"
`;

/** An app that runs, as far as its messages go: three of group `mail` are dead, one waits. */
async function makeApp(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'slight-messages-cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'slightfile.toml'), slightfile);
  const events = await openCapability(
    'messaging',
    { name: 'events', bind: 'sqlite', config: { lease: '1m' } },
    { dataDir: join(folder, '.slight'), timeout: 10_000 },
  );
  t.after(() => events.close());
  await events.subscribe('mail', ['>']);
  await events.subscribe('other', ['nothing']);
  for (const id of ['1', '2', '3']) {
    await events.publish('orders.created', Buffer.from(`order ${id}\x1b[31m`), { id });
    const [delivery] = await events.receive('mail');
    await events.dead(delivery!.receipt, 'no address');
  }
  await events.publish('orders.created', Buffer.from('waits'));
  const slight = (...args: string[]) => {
    const all = [bin, 'messages', ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, all, { cwd: folder, encoding: 'utf8' });
    return { code: status, out: stdout, err: stderr };
  };
  return { events, slight };
}

void test('dead letters are counted, looked at, sent again and thrown away beside the app', async (t) => {
  const { events, slight } = await makeApp(t);
  assert.deepEqual(slight('count', 'events'), {
    code: 0,
    out: 'mail: 1 waiting, 0 at work, 3 dead\nother: 0 waiting, 0 at work, 0 dead\n',
    err: '',
  });
  const peeked = slight('peek', 'events', 'mail');
  assert.equal(peeked.out.split('\n').length, 4);
  assert.match(peeked.out, /^"1" orders\.created \d{4}-\S+Z "no address" "order 1\\u001b\[31m"\n/);
  const [first] = slight('peek', 'events', 'mail', '--json').out.split('\n');
  const { body, ...letter } = JSON.parse(first!) as { body: string; id: string; reason: string };
  assert.deepEqual([letter.id, letter.reason], ['1', 'no address']);
  assert.equal(Buffer.from(body, 'base64').toString(), 'order 1\x1b[31m');

  assert.deepEqual(slight('purge', 'events', 'mail', '2', 'none\x1b[31m', '2', 'other'), {
    code: 1,
    out: '',
    err:
      '1 message thrown away\n' +
      'slight: events: the group mail has no dead letters "none\\u001b[31m", "other"\n' +
      '  fix: slight messages peek events mail shows those that it has\n',
  });
  assert.match(slight('redrive', 'events', 'mail', '2').err, /^slight: .* has no dead letter "2"\n {2}fix: /);
  assert.equal(slight('redrive', 'events', 'mail', '--all').err, '2 messages sent again to mail\n');
  assert.deepEqual(await events.count('mail'), { waiting: 3, leased: 0, dead: 0 });
  const none = { code: 0, out: '', err: 'the group mail has no dead letters\n' };
  assert.deepEqual(slight('peek', 'events', 'mail'), none);
  assert.deepEqual(slight('peek', 'events', 'mail', '--json'), { ...none, err: '' });
  await events.unsubscribe('mail');
  await events.unsubscribe('other');
  assert.match(slight('count', 'events').err, /^there are no groups yet: /);
});

void test('what is at work may be with a host that has died: it is said until when', async (t) => {
  const { events, slight } = await makeApp(t);
  // As a host that was killed: nobody answers, nobody extends.
  await events.receive('mail');
  const before = Date.now();
  const { code, out, err } = slight('count', 'events', 'mail');
  assert.deepEqual([code, out], [0, 'mail: 0 waiting, 1 at work, 3 dead\n']);
  const [, until = ''] =
    /^hint: at work is what a host was given; of one that has died it is given to another at (\S+Z) at the latest \(lease = "1m"\)\n$/.exec(
      err,
    ) ?? [];
  assert.ok(Date.parse(until) >= before + 60_000, err);
  const counted = JSON.parse(slight('count', 'events', 'mail', '--json').out) as { leasedUntil: string };
  assert.ok(Date.parse(counted.leasedUntil) >= Date.parse(until));
  assert.doesNotMatch(slight('count', 'events', 'other', '--json').out, /leasedUntil/);
});

void test('what cannot be done says why', async (t) => {
  const { slight } = await makeApp(t);
  for (const [args, code, message] of [
    [['peek', 'events'], 2, /fix: slight messages peek events GROUP/],
    [['purge', 'events', 'mail'], 2, /fix: slight messages purge events mail ID …, or --all/],
    [
      ['redrive', 'events', 'mail', '1', '--all'],
      2,
      /^slight: --all is every dead letter, and ids are named too\n {2}fix: .* redrive events mail --all, or .* without --all/,
    ],
    [['look', 'events'], 2, /count, peek, redrive, purge/],
    [
      ['count', 'others'],
      1,
      /^slight: slightfile\.toml has no messages "others"\n {2}fix: name one that it has: events, here, away/,
    ],
    [
      ['count', 'here'],
      1,
      /^slight: slightfile\.toml:6:\d+: .* in the memory of the app.*\n {2}6 \| here = "memory"\n.*\^\n {2}fix: bind it/,
    ],
    [
      ['count', 'away'],
      1,
      /^slight: slightfile\.toml:7:\d+: .*cannot be reached.*\n {2}7 \| away = .*\n.*\^\n {2}fix: start/,
    ],
    [
      ['peek', 'events', 'nobody'],
      1,
      /events has no group nobody\n {2}fix: name one that it has: mail, other\n$/,
    ],
    [['count', 'events', 'nobody'], 1, /events has no group nobody\n {2}fix: name one /],
    [['purge', 'events', 'nobody', '--all'], 1, /events has no group nobody\n {2}fix: name one /],
    [['count', 'events', 'mail', '1'], 2, /fix: slight messages count events mail\n/],
  ] as const) {
    const { code: found, out, err } = slight(...args);
    assert.deepEqual([found, out], [code, ''], args.join(' '));
    assert.match(err, message);
    assert.doesNotMatch(err, /\n\s+at /);
  }
});
