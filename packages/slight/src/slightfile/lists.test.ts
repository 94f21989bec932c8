import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlightfileError } from './error.ts';
import { parseSlightfile } from './parse.ts';

function failureOf(text: string): SlightfileError {
  try {
    parseSlightfile(text, 'slightfile.toml', { env: { X: '1' } });
  } catch (error) {
    assert.ok(error instanceof SlightfileError);
    return error;
  }
  return assert.fail('it was read');
}

test('triggers are lists of tables, each with a name of its own; a target replaces a whole list', () => {
  const text = `specversion = "0.3"
[app]
component = "a.wasm"
[[schedule]]
name = "nightly"
cron = "0 2 * * *"
zone = "\${env.ZONE}"
[[schedule]]
name = "poll"
every = "5m"
missed = "once"
[[subscription]]
name = "mails"
messaging = "events"
topics = ["orders", "carts"]
batch = 10
[[target.edge.schedule]]
name = "other"
every = "1h"
`;
  const parse = (target?: string) =>
    parseSlightfile(text, '/app/slightfile.toml', { env: { ZONE: 'Europe/Berlin' }, target });
  const { schedule, watch, subscription } = parse();
  const [nightly, poll] = schedule;
  assert.deepEqual(nightly, {
    name: 'nightly',
    cron: '0 2 * * *',
    every: undefined,
    zone: 'Europe/Berlin',
    overlap: 'skip',
    missed: 'skip',
    leader: undefined,
    position: { line: 4, column: 3 },
  });
  assert.deepEqual([poll!.name, poll!.every, poll!.missed], ['poll', 300_000, 'once']);
  assert.deepEqual(watch, []);
  assert.deepEqual(subscription, [
    {
      name: 'mails',
      messaging: 'events',
      topics: ['orders', 'carts'],
      group: 'app',
      concurrency: 4,
      batch: 10,
      position: { line: 12, column: 3 },
    },
  ]);
  const edge = parse('edge');
  assert.deepEqual(
    edge.schedule.map(({ name }) => name),
    ['other'],
  );
  assert.equal(edge.subscription.length, 1);
});

test('what is wrong with a trigger is told with its place', () => {
  const of = (text: string) => failureOf(`specversion = "0.3"\napp.component = "a"\n${text}`).message;
  assert.match(of('[[schedule]]\nname = "a"'), /:3:3: \[\[schedule\]\] says neither cron nor every/);
  assert.match(of('[[schedule]]\nname = "a"\ncron = "x"\nevery = "5m"'), /says both cron and every/);
  assert.match(of('[[watch]]\nname = "a"'), /\[\[watch\]\] has no store\n[^]*add store = "shop"/);
  assert.match(of('[schedule]\nname = "a"'), /"schedule" is a list of tables, and a table stands here/);
  assert.match(of('schedule = [7]'), /"schedule" is a list of tables, and an array stands here/);
  assert.match(
    of('[[watch]]\nname = "a"\nstore = "s"\n[watch.x]\ny = 1'),
    /unknown key "x" in \[\[watch\]\]/,
  );
  assert.match(
    of('[[watch]]\nname = "a"\nstore = "s"\nkey = "k"\nprefix = "p"'),
    /\[\[watch\]\] says both prefix and key/,
  );
  const twice = '[[watch]]\nname = "a"\nstore = "s"\n';
  assert.match(of(twice + twice), /7:1: \[\[watch\]\]: the name "a" is there twice/);
  for (const topics of ['[]', '["a", "a"]', '["a", 7]', '"a"', `["\${env.X}"]`])
    assert.match(
      of(`[[subscription]]\nname = "a"\nmessaging = "m"\ntopics = ${topics}`),
      /topics is a list of different texts/,
      topics,
    );
});
