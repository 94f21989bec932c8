import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { TextDecoder as Decoder, TextEncoder as Encoder } from './text.ts';

/** Text with all that UTF-8 has to care for, halves of surrogate pairs included; short and long. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: fc.constantFrom('a', '\0', '\x7f', 'ü', '€', '\ufeff', '😀', '\ud800', '\udc00') }),
);

/** Bytes, many of them near the borders of what is UTF-8. */
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .array(
      fc.constantFrom(
        0x41,
        0x7f,
        0x80,
        0x8f,
        0x90,
        0x9f,
        0xa0,
        0xbf,
        0xc0,
        0xc2,
        0xdf,
        0xe0,
        0xed,
        0xef,
        0xf0,
        0xf4,
        0xf5,
        0xff,
        0xbb,
      ),
      { maxLength: 150 },
    )
    .map((bytes) => Uint8Array.from(bytes)),
);

test('encoding gives what the platform gives', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      assert.deepEqual(new Encoder().encode(text), new TextEncoder().encode(text));
    }),
  );
});

test('encodeInto writes whole characters', () => {
  fc.assert(
    fc.property(anyText, fc.nat(60), (text, size) => {
      const [ours, theirs] = [new Uint8Array(size), new Uint8Array(size)];
      assert.deepEqual(new Encoder().encodeInto(text, ours), new TextEncoder().encodeInto(text, theirs));
      assert.deepEqual(ours, theirs);
    }),
  );
});

test('decoding gives what the platform gives, broken bytes included', () => {
  fc.assert(
    fc.property(anyBytes, fc.boolean(), fc.boolean(), (bytes, fatal, ignoreBOM) => {
      const ours = attempt(() => new Decoder('utf-8', { fatal, ignoreBOM }).decode(bytes));
      const theirs = attempt(() => new TextDecoder('utf-8', { fatal, ignoreBOM }).decode(bytes));
      assert.equal(ours, theirs);
    }),
    { numRuns: 1000 },
  );
});

test('a stream of pieces decodes like the whole', () => {
  fc.assert(
    fc.property(anyBytes, fc.array(fc.nat(8)), fc.boolean(), (bytes, cuts, fatal) => {
      const ours = new Decoder('utf-8', { fatal });
      const theirs = new TextDecoder('utf-8', { fatal });
      let at = 0;
      for (const cut of cuts) {
        const piece = bytes.subarray(at, at + cut);
        at += piece.length;
        const expected = attempt(() => theirs.decode(piece, { stream: true }));
        assert.equal(
          attempt(() => ours.decode(piece, { stream: true })),
          expected,
        );
        if (expected === 'TypeError') return;
      }
      const rest = bytes.subarray(at);
      assert.equal(
        attempt(() => ours.decode(rest)),
        attempt(() => theirs.decode(rest)),
      );
      assert.equal(ours.decode(), theirs.decode(), 'it begins anew');
    }),
    { numRuns: 1000 },
  );
});

test('large texts go through in pieces, and nothing happens at the seams', () => {
  for (const unit of ['a', 'ü', '€', '😀', 'x😀', '\ud83d', '\ufeff'])
    for (const shift of ['', 'a', 'aa', 'aaa']) {
      const text = shift + unit.repeat(70_000 / unit.length);
      const bytes = new TextEncoder().encode(text);
      assert.ok(Buffer.from(new Encoder().encode(text)).equals(bytes), `${shift}${unit}`);
      assert.ok(new Decoder().decode(bytes) === new TextDecoder().decode(bytes), `${shift}${unit}`);
    }
  const broken = new Uint8Array(100_000).fill(0xe2);
  assert.ok(new Decoder().decode(broken) === new TextDecoder().decode(broken));
  assert.throws(() => new Decoder('utf-8', { fatal: true }).decode(broken), TypeError);
});

test('views and buffers decode, and other encodings are refused', () => {
  const { buffer } = new TextEncoder().encode('héé!');
  assert.equal(new Decoder().decode(buffer), 'héé!');
  assert.equal(new Decoder().decode(new DataView(buffer, 1, 2)), 'é');
  assert.equal(new Decoder(' UTF8 ').encoding, 'utf-8');
  assert.throws(() => new Decoder('latin1'), RangeError);
});

function attempt(run: () => string): string {
  try {
    return run();
  } catch (error) {
    return (error as Error).name;
  }
}

const older = typeof Uint8Array.fromBase64 !== 'function';

test('all of it holds on an older Node, where an app may be tested', { skip: older }, async () => {
  const env = { ...process.env };
  delete env.NODE_TEST_CONTEXT;
  const args = ['--no-js-base-64', '--test', '--test-reporter=tap', import.meta.filename];
  const running = promisify(execFile)(process.execPath, args, { env });
  const { stdout } = await running.catch((error: { stdout: string }) => error);
  assert.match(stdout, /^# pass 6\n# fail 0\n# cancelled 0\n# skipped 1$/m);
});
