import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePace } from './redis-pace.ts';

const large = Buffer.alloc(6_000_000);

test('reads go on however many were read before, of whatever lengths', async () => {
  const underWay: (() => void)[] = [];
  let length = 0;
  let [asked, found] = [0, 0];
  const pace = makePace(async (reads) => {
    await new Promise<void>((answer) => underWay.push(answer));
    for (const { resolve } of reads) resolve(undefined);
  }, 600_000);
  const read = { question: 'k', resolve: note, reject: () => assert.fail() };
  function note(): void {
    found++;
    pace.note(large.subarray(0, length));
  }
  async function readSome(count: number, about: number): Promise<void> {
    length = about + ((asked * 7919) % about);
    asked += 2 * count;
    for (let twice = 0; twice < 2; twice++) pace.go(Array.from({ length: count }, () => read));
    // The later one is answered first.
    for (let answer = underWay.pop(); answer !== undefined; answer = underWay.pop()) {
      answer();
      await new Promise(setImmediate);
    }
  }
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 20; i++) await readSome(3, 100_000);
    for (let i = 0; i < 30; i++) await readSome(1, 3_000_000);
    assert.equal(found, asked, `round ${round}`);
  }
});

test('who waited for longer than an operation has is not asked for: nobody hears the answer, and others wait behind', async (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const underWay: { readonly keys: readonly string[]; answer(): void }[] = [];
  const pace = makePace(async (reads) => {
    const keys = reads.map(({ question }) => question);
    await new Promise<void>((resolve) => underWay.push({ keys, answer: resolve }));
    for (const { resolve } of reads) resolve(undefined);
  }, 1_000);
  for (let i = 0; i < 100; i++) pace.note(large);
  const ends: string[] = [];
  const ask = (question: string): void =>
    pace.go([
      {
        question,
        resolve: () => ends.push(`${question} found`),
        reject: (error) => ends.push(`${question} ${(error as { code: string }).code}`),
      },
    ]);
  ask('first');
  // The server is slower than they come.
  for (let round = 0; round < 50; round++) {
    now += 100;
    ask(`k${round}`);
    assert.ok(ends.length >= round - 10, `${round} asked, and ${ends.length} are over`);
  }
  underWay.shift()!.answer();
  await new Promise(setImmediate);
  assert.deepEqual(
    underWay.map(({ keys }) => keys),
    [['k40']],
  );
  assert.equal(ends[0], 'k0 timeout');
  assert.deepEqual(ends.slice(-2), ['k39 timeout', 'first found']);
});
