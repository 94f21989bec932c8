import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesTopic } from './topics.ts';
import { checkPatterns, checkTopic } from './validate.ts';

const part = fc.stringMatching(/^[\w-]{1,3}$/);
const topics = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
const patterns = fc
  .tuple(
    fc.array(fc.oneof(part, fc.constant('*')), { maxLength: 3 }),
    fc.oneof(part, fc.constantFrom('*', '>')),
  )
  .map(([parts, last]) => [...parts, last].join('.'));

void test('a pattern matches as its regular expression does', () => {
  fc.assert(
    fc.property(patterns, topics, (pattern, topic) => {
      const source = pattern.replace(/\./g, '\\.').replace(/\*/g, '[^.]+').replace(/>$/, '.+');
      assert.equal(matchesTopic(pattern, topic), new RegExp(`^${source}$`).test(topic));
    }),
  );
});

void test('every topic is a pattern, which matches itself', () => {
  fc.assert(
    fc.property(topics, (topic) => {
      checkTopic(topic);
      checkPatterns([topic]);
      assert.ok(matchesTopic(topic, topic));
    }),
  );
});
