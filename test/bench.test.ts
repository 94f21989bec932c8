import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { race } from '../bench/measure.ts';
import { compare, toJson, toTable } from '../bench/report.ts';

const MAIN = join(import.meta.dirname, '../bench/main.ts');

test('a benchmark that does not exist lists those that do, with exit code 2', () => {
  for (const args of [['cals'], [], ['calls', 'calls'], ['calls', '--jsno']]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
    assert.equal(status, 2, args.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, /^ {2}calls /m);
    assert.doesNotMatch(stderr, /\n {4}at /);
  }
});

test('a ratio above 1 means that ours is better; JSON has the six fields and no more', () => {
  const timing = (median: number) => ({ median, quartiles: [median * 0.9, median * 1.1] as const });
  const row = compare('get', timing(200), timing(6000), 'jco');
  assert.deepEqual(JSON.parse(toJson([row])), [
    { name: 'get', ours: 200, baseline: 6000, unit: 'ns', ratio: 30, against: 'jco' },
  ]);
  assert.match(toTable([row]), /^get +200 ns \(180–220\) +6000 ns \(5400–6600\) +jco +30 ×$/m);
});

test('contestants take turns, and each is asked for the amount of work that fills its slice', async () => {
  const turns: string[] = [];
  const busy = (name: string, nanoseconds: number) => ({
    name,
    run: (count: number) => {
      turns.push(name);
      const end = performance.now() + (count * nanoseconds) / 1e6;
      while (performance.now() < end);
    },
  });
  const [slow, fast] = await race([busy('slow', 400_000), busy('fast', 20_000)]);
  assert.ok(slow!.median > fast!.median);
  assert.deepEqual(turns.slice(-4), ['slow', 'fast', 'slow', 'fast']);
});
