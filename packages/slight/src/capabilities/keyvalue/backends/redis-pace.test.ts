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
  });
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
