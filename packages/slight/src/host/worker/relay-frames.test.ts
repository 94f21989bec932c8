import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HeldCommand } from '../../triggers/held/command.ts';
import { decodeCommands, encodeCommand } from './relay-frames.ts';

/** As the objects of the relay are. */
const plain = { noNullPrototype: true } as const;
const line = fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined });
const message = fc.record(
  {
    content: fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array()),
    event: line,
    id: line,
  },
  plain,
);
const name = fc.string({ unit: 'grapheme' });
const command: fc.Arbitrary<HeldCommand> = fc.oneof(
  fc.record({ type: fc.constant('broadcast' as const), channel: name, message }, plain),
  fc.record({ type: fc.constant('send' as const), connection: name, message }, plain),
  fc.record(
    { type: fc.constant('close' as const), connection: name, code: fc.nat(4_999), reason: name },
    plain,
  ),
  fc.record({ type: fc.constant('join' as const), connection: name, channel: name }, plain),
  fc.record({ type: fc.constant('leave' as const), connection: name, channel: name }, plain),
);

test('commands come out as they went in, many in one message', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 5 }), (commands) => {
      const whole = Buffer.concat(commands.map(encodeCommand));
      const shifted = Buffer.concat([Buffer.alloc(3), whole]).subarray(3);
      assert.deepEqual(decodeCommands(shifted), commands);
    }),
  );
});

test('content weighs what it has', () => {
  const content = new Uint8Array(100_000);
  const frame = encodeCommand({
    type: 'broadcast',
    channel: 'a',
    message: { content, event: undefined, id: undefined },
  });
  assert.ok(frame.length < 100_200);
});

test('what is cut off is refused', () => {
  const frame = encodeCommand({ type: 'join', connection: 'a', channel: 'b' });
  for (let length = 1; length < frame.length; length++)
    assert.throws(() => decodeCommands(frame.subarray(0, length)), `${length} bytes`);
});
