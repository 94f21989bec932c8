import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countRevenants, findFaults, type MessageAttempt, type MessageLine } from './messaging-record.ts';

const expected = { lease: 1_000, ordered: true };

function tried(
  name: string,
  from: number,
  text: string,
  failure?: MessageAttempt['failure'],
): MessageAttempt {
  return { name, from, until: from + 1, texts: [text], ...(failure && { failure }) };
}

function fails(code: string, outcome: 'none' | 'unknown'): MessageAttempt['failure'] {
  return { code, outcome, message: 'why' };
}

const handled = (at: number, ...texts: readonly string[]): MessageLine => ({ handled: texts, at });

void test('what keeps the contract is no fault', () => {
  const lines: MessageLine[] = [
    tried('publish', 1, 'k 0'),
    tried('publish', 2, 'k 1', fails('timeout', 'unknown')),
    tried('publish', 3, 'k 2', fails('unavailable', 'none')),
    tried('publish', 4, 'k 3'),
    handled(10, 'k 0'),
    tried('ack', 11, 'k 0', fails('unavailable', 'none')),
    handled(20, 'k 0'),
    { ...tried('ack', 1_500, 'k 0', fails('precondition-failed', 'none')), asked: 20 },
    handled(30, 'k 3'),
    handled(40, 'k 1'),
    tried('broadcast', 5, 'b 0', fails('timeout', 'unknown')),
    { heard: 'b 0' },
    // Had and acked by one, given out again by a killed server to another, who cannot ack it.
    handled(50, 'k 4', 'k 5'),
    tried('ack', 51, 'k 4'),
    tried('ack', 52, 'k 5', fails('timeout', 'unknown')),
    handled(60, 'k 4', 'k 5'),
    tried('ack', 61, 'k 4', fails('unavailable', 'none')),
    tried('ack', 62, 'k 5', fails('unavailable', 'none')),
  ];
  assert.deepEqual(findFaults(lines, expected), []);
});

void test('each fault is found', () => {
  const cases: readonly (readonly [RegExp, ...MessageLine[]])[] = [
    [/^lost: k 0/, tried('publish', 1, 'k 0')],
    [
      /^was not published, and came: k 0/,
      tried('publish', 1, 'k 0', fails('unavailable', 'none')),
      handled(2, 'k 0'),
    ],
    [
      /^was not broadcast, and was heard/,
      tried('broadcast', 1, 'b', fails('unavailable', 'none')),
      { heard: 'b' },
    ],
    [
      /^was not acked, and did not come again/,
      handled(2, 'k 0'),
      tried('ack', 3, 'k 0', fails('unavailable', 'none')),
    ],
    [
      /^was not acked, and did not come again/,
      handled(2, 'k 0'),
      tried('ack', 3, 'k 0', fails('unavailable', 'none')),
      handled(4, 'k 0'),
      tried('ack', 5, 'k 0', fails('unavailable', 'none')),
    ],
    [/^ack after 101 ms/, { ...tried('ack', 100, 'k 0', fails('precondition-failed', 'none')), asked: 0 }],
    [
      /^k 0 after k 1/,
      tried('publish', 1, 'k 0'),
      tried('publish', 2, 'k 1'),
      handled(3, 'k 1'),
      handled(4, 'k 0'),
    ],
  ];
  for (const [expectation, ...lines] of cases) {
    const [found = '', ...others] = findFaults(lines, expected);
    assert.match(found, expectation);
    assert.deepEqual(others, []);
  }
});

void test('what comes again after its ack is counted', () => {
  const lines = [
    handled(1, 'k 0', 'k 1'),
    tried('ack', 2, 'k 0'),
    handled(9, 'k 0', 'k 1'),
    handled(10, 'k 0'),
  ];
  assert.equal(countRevenants(lines), 1);
});
