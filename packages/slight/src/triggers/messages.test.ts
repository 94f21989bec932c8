import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Subscription } from '../slightfile/model.ts';
import type { MessageBatch, Verdict } from './event.ts';
import { followMessages } from './messages.ts';
import type { MessageSource, MessagesOptions, SourceDelivery } from './messages.ts';
import { createShare } from './share.ts';

const message = (id: string): SourceDelivery => ({
  id,
  topic: 'orders',
  attempt: 1,
  headers: [],
  body: new Uint8Array(),
  wantsReply: id === 'f',
  receipt: `r-${id}`,
});

/** Lets everything happen that waits for nothing but the loop. */
async function settle(): Promise<void> {
  for (let round = 0; round < 10; round++) await new Promise(setImmediate);
}

/** Messages that the test hands out, and what became of them. */
function makeSource() {
  const waiting: { max: number; resolve(given: readonly SourceDelivery[]): void }[] = [];
  const answers: string[] = [];
  const source: MessageSource = {
    receive: ({ max, signal }) =>
      new Promise((resolve) => {
        waiting.push({ max, resolve });
        signal.addEventListener('abort', () => resolve([]));
      }),
    ack: (receipts) => void answers.push(`ack ${receipts.join(' ')}`),
    nack: (receipt, { delay } = {}) =>
      void answers.push(`nack ${receipt}${delay === undefined ? '' : ` in ${delay}`}`),
    dead: (receipt, reason) => void answers.push(`dead ${receipt}: ${reason}`),
    reply: (receipt, body) => void answers.push(`reply ${receipt}: ${String(body)}`),
    release: (receipts) => void answers.push(`release ${receipts.join(' ')}`),
    close: async (how) => void answers.push(`closed ${how}`),
  };
  return {
    source,
    waiting,
    answers,
    async give(...ids: string[]) {
      waiting.shift()!.resolve(ids.map(message));
      await settle();
    },
  };
}

interface Call {
  readonly ids: string[];
  readonly signal: AbortSignal;
  end(verdicts: Verdict[]): void;
  fail(reason: string): void;
}

async function start(how: Partial<Subscription> = {}, more: Partial<MessagesOptions> = {}) {
  const made = makeSource();
  const calls: Call[] = [];
  const said: string[] = [];
  const counted: string[] = [];
  const following = followMessages({
    subscription: {
      name: 'mails',
      messaging: 'events',
      topics: ['orders'],
      group: 'app',
      concurrency: 2,
      batch: 10,
      position: { line: 1, column: 1 },
      ...how,
    },
    group: 'mailers',
    attempts: 5,
    open: () => made.source,
    share: createShare(10),
    run: ({ deliveries }: MessageBatch, signal) =>
      new Promise((resolve, reject) => {
        const fail = (reason: string) => reject(Object.assign(new Error(reason), { reason }));
        calls.push({ ids: deliveries.map(({ id }) => id), signal, end: resolve, fail });
        signal.addEventListener('abort', () => fail('cancelled'));
      }),
    count: (outcome, messages) => void counted.push(`${outcome} ${messages}`),
    say: (_level, text) => void said.push(text),
    ...more,
  });
  await settle();
  return { ...made, calls, said, counted, following };
}

const ack: Verdict = { kind: 'ack' };

test('each message gets its own verdict', async () => {
  const { give, calls, answers, counted, following, waiting } = await start();
  assert.equal(waiting[0]!.max, 10);
  await give('a', 'b', 'c', 'd', 'e', 'f', 'g');
  calls[0]!.end([
    ack,
    { kind: 'nack', delay: 50 },
    { kind: 'dead', reason: 'no order' },
    ack,
    { kind: 'nack', delay: undefined },
    { kind: 'reply', body: Uint8Array.of(7) },
    // Nobody waits for this one: it is done.
    { kind: 'reply', body: Uint8Array.of(8) },
  ]);
  await settle();
  assert.deepEqual(answers, [
    'ack r-a r-d r-g',
    'nack r-b in 50',
    'dead r-c: no order',
    'nack r-e',
    'reply r-f: 7',
  ]);
  assert.deepEqual(counted.toSorted(), ['ack 3', 'dead 1', 'nack 1', 'nack 1', 'reply 1']);
  await following.close(0);
});

test('what becomes a dead letter is told, with how to look at it, and not before it is one', async () => {
  const { give, calls, said, following } = await start({ messaging: "Ada's events" }, { attempts: 1 });
  await give('a', 'b', 'c');
  calls[0]!.end([ack, { kind: 'dead', reason: 'no\norder' }, { kind: 'nack' }]);
  await settle();
  const look = `slight messages peek 'Ada'\\''s events' mailers`;
  assert.deepEqual(said.splice(0), [
    `subscription mails: the message "b" is a dead letter now ("no\\norder"): ${look}`,
    `subscription mails: the message "c" is a dead letter now ("not done after 1 attempts"): ${look}`,
  ]);
  await give('d');
  calls[1]!.fail('unreachable');
  await settle();
  assert.match(said.splice(0).join(), /"d" is a dead letter now/);
  await following.close(0);

  const patient = await start({}, { attempts: 2 });
  await patient.give('e');
  patient.calls[0]!.fail('unreachable');
  await settle();
  assert.deepEqual(patient.said, []);
  await patient.following.close(0);
});

test('a failure is a nack of all; what the app did not see, or was not let finish, does not count', async () => {
  const { give, calls, answers, following } = await start();
  await give('a', 'b');
  calls[0]!.fail('unreachable');
  await settle();
  assert.deepEqual(answers.splice(0), ['nack r-a', 'nack r-b']);
  await give('c');
  calls[1]!.fail('busy');
  await settle();
  assert.deepEqual(answers, ['release r-c']);
  await following.close(0);
});

test('no more calls than concurrency allows, and no more is asked for meanwhile', async () => {
  const { give, calls, waiting, following } = await start({ concurrency: 2 });
  await give('a');
  await give('b');
  assert.equal(calls.length, 2);
  assert.equal(waiting.length, 0);
  calls[0]!.end([ack]);
  await settle();
  assert.equal(waiting.length, 1);
  calls[1]!.end([ack]);
  await following.close(0);
});

test('where the share is used up nothing is asked for', async () => {
  const share = createShare(1);
  const never = new AbortController().signal;
  const release = await share.take(never);
  const { give, calls, waiting, following } = await start({ concurrency: 5 }, { share });
  assert.equal(waiting.length, 0);
  release!();
  await settle();
  await give('a');
  assert.deepEqual([calls.length, waiting.length], [1, 0]);
  calls[0]!.end([ack]);
  await settle();
  assert.equal(waiting.length, 1);
  await following.close(0);
});

test('what came while there was no room is given back untouched when it ends', async () => {
  const share = createShare(1);
  const never = new AbortController().signal;
  const { give, calls, answers, following } = await start({}, { share });
  await share.take(never);
  await give('a');
  assert.equal(calls.length, 0);
  await following.close(1_000);
  assert.deepEqual(answers, ['release r-a', 'closed untouched']);
});

test('closing waits for what is under way, then gives it up without counting it', async () => {
  const patient = await start();
  await patient.give('a');
  const closing = patient.following.close(60_000);
  await settle();
  assert.equal(patient.waiting.length, 1, 'its wait ended, and no other began');
  patient.calls[0]!.end([ack]);
  await closing;
  assert.deepEqual(patient.answers, ['ack r-a', 'closed untouched']);

  const hasty = await start({ concurrency: 1 });
  await hasty.give('b');
  await hasty.following.close(1);
  assert.equal(hasty.calls[0]!.signal.aborted, true);
  assert.deepEqual(hasty.answers, ['release r-b', 'closed untouched']);
});

test('where no messages come it is tried again, more and more seldom, and told once', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let asked = 0;
  const { said, following } = await start(
    {},
    {
      open() {
        asked++;
        throw new Error('nobody answers');
      },
    },
  );
  for (const pause of [100, 200, 400, 800]) {
    const before = asked;
    t.mock.timers.tick(pause - 1);
    await settle();
    assert.equal(asked, before, `not before ${pause} ms`);
    t.mock.timers.tick(1);
    await settle();
    assert.equal(asked, before + 1);
  }
  assert.deepEqual(said, ['subscription mails: no messages come: nobody answers']);
  await following.close(0);
});

test('what the app works on stays its own while no messages come', async () => {
  const { give, calls, answers, waiting, following } = await start();
  await give('a');
  waiting.shift()!.resolve(Promise.reject(new Error('nobody answers')) as never);
  await settle();
  assert.deepEqual(answers, [], 'nothing was given back');
  calls[0]!.end([ack]);
  await settle();
  assert.deepEqual(answers, ['ack r-a', 'closed untouched']);
  await following.close(0);
  assert.deepEqual(answers, ['ack r-a', 'closed untouched']);

  const hasty = await start();
  await hasty.give('b');
  hasty.waiting.shift()!.resolve(Promise.reject(new Error('nobody answers')) as never);
  await settle();
  await hasty.following.close(0);
  assert.deepEqual(hasty.answers, ['release r-b', 'closed untouched']);
});

test('an answer that the backend does not take is told of, and spoils no other', async () => {
  const { source, give, calls, answers, said, counted, following } = await start();
  source.ack = () => {
    throw new Error('the lease has ended');
  };
  await give('a', 'b');
  calls[0]!.end([ack, { kind: 'nack' }]);
  await settle();
  assert.deepEqual(answers, ['nack r-b']);
  assert.match(said[0]!, /a message may come again \(ack\): the lease has ended/);
  assert.deepEqual(counted.toSorted(), ['lost 1', 'nack 1']);
  await following.close(0);
});
