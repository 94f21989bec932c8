import assert from 'node:assert/strict';
import test from 'node:test';
import { counterOf, createCounter, createHistogram, gauge, keepCounted, mergeFamilies } from './metrics.ts';
import { printFamilies } from './prometheus.ts';

test('families are printed as Prometheus reads them', () => {
  const counter = createCounter('a_total', 'What "a" is.\nIndeed.');
  counter.add({ kind: 'x"\\\n' });
  counter.add({ kind: 'x"\\\n' }, 2);
  const histogram = createHistogram('b_seconds', 'B.');
  for (const value of [0.00005, 0.002, 0.002, 31]) histogram.observe({ op: 'get' }, value);
  const lines = printFamilies([counter.collect(), histogram.collect(), gauge('c', 'C.', [[{}, 1.5]])]).split(
    '\n',
  );
  assert.deepEqual(lines.slice(0, 3), [
    '# HELP a_total What "a" is.\\nIndeed.',
    '# TYPE a_total counter',
    'a_total{kind="x\\"\\\\\\n"} 3',
  ]);
  assert.ok(lines.includes('b_seconds_bucket{op="get",le="0.0001"} 1'));
  assert.ok(lines.includes('b_seconds_bucket{op="get",le="0.001"} 1'));
  assert.ok(lines.includes('b_seconds_bucket{op="get",le="0.0025"} 3'));
  assert.ok(lines.includes('b_seconds_bucket{op="get",le="30"} 3'));
  assert.ok(lines.includes('b_seconds_bucket{op="get",le="+Inf"} 4'));
  assert.ok(lines.includes('b_seconds_count{op="get"} 4'));
  assert.deepEqual(lines.slice(-4), ['# HELP c C.', '# TYPE c gauge', 'c 1.5', '']);
});

test('the families of several processes become one', () => {
  const histogram = () => {
    const made = createHistogram('h', 'H.');
    made.observe({ op: 'get' }, 1);
    return made.collect();
  };
  const merged = mergeFamilies([
    [counterOf('n', 'N.', 2), gauge('late', 'L.', [[{}, 3]], 'max'), histogram()],
    [
      counterOf('n', 'N.', 5),
      gauge('late', 'L.', [[{}, 1]], 'max'),
      gauge('only', 'O.', [[{}, 7]]),
      histogram(),
    ],
  ]);
  const value = (name: string) => merged.find((family) => family.name === name)!.samples[0]!.value;
  assert.deepEqual([value('n'), value('late'), value('only'), value('h')], [7, 3, 7, 2]);
  assert.equal(
    merged.find(({ name }) => name === 'h')!.samples[0]!.buckets!.reduce((sum, one) => sum + one),
    2,
  );
  assert.deepEqual(
    keepCounted(merged).map(({ name }) => name),
    ['n', 'h'],
  );
});

test('what was collected does not change any more', () => {
  const counter = createCounter('n', 'N.');
  counter.add({ a: 'b' });
  const before = counter.collect();
  counter.add({ a: 'b' });
  assert.equal(before.samples[0]!.value, 1);
});
