import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { timelineScript } from '../src/page/timeline.ts';

interface Said {
  readonly position: number;
}

interface Timeline {
  readonly last: number | undefined;
  readonly waits: boolean;
  add(message: Said): Said[];
  merge(answer: { from: number; until: number; messages: Said[] }): Said[];
}

/** As it runs in the page. */
const createTimeline = new Function(`${timelineScript}; return createTimeline();`) as () => Timeline;

const said = (from: number, until: number): Said[] =>
  Array.from({ length: until - from }, (_, index) => ({ position: from + 1 + index }));
const positions = (messages: readonly Said[]) => messages.map(({ position }) => position);

test('what comes before the history waits for it', () => {
  const timeline = createTimeline();
  assert.deepEqual(timeline.add({ position: 12 }), []);
  assert.deepEqual(positions(timeline.merge({ from: 8, until: 11, messages: said(8, 11) })), [9, 10, 11, 12]);
  assert.equal(timeline.last, 12);
  assert.equal(timeline.waits, false);
});

test('what is not kept any more is passed over', () => {
  const timeline = createTimeline();
  timeline.merge({ from: 0, until: 2, messages: said(0, 2) });
  assert.deepEqual(positions(timeline.add({ position: 900 })), []);
  assert.deepEqual(
    positions(timeline.merge({ from: 898, until: 900, messages: said(898, 900) })),
    [899, 900],
  );
  assert.equal(timeline.waits, false);
});

test('live messages in any order, some lost, some twice: shown in order, once, without a gap', () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ live: fc.integer({ min: 1, max: 60 }) }) },
      { weight: 1, arbitrary: fc.record({ stored: fc.integer({ min: 0, max: 60 }) }) },
    ),
    { maxLength: 80 },
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20 }), steps, (start, steps) => {
      const timeline = createTimeline();
      const shown = positions(timeline.merge({ from: start, until: start, messages: [] }));
      for (const step of steps) {
        if ('live' in step) shown.push(...positions(timeline.add({ position: step.live })));
        else {
          const from = timeline.last!;
          const until = Math.max(from, step.stored);
          shown.push(...positions(timeline.merge({ from, until, messages: said(from, until) })));
        }
      }
      const from = timeline.last!;
      shown.push(...positions(timeline.merge({ from, until: 60, messages: said(from, 60) })));
      assert.deepEqual(shown, positions(said(start, 60)));
      assert.equal(timeline.waits, false);
    }),
  );
});
