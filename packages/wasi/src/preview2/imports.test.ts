import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostInterface } from '@spiderlightning/component';
import { Exit } from '../system/exit.ts';
import { MOST_RANDOM_BYTES } from '../system/random.ts';
import { renew, type WasiImports, wasiImports } from './imports.ts';

const bytes = (value: string) => new TextEncoder().encode(value);

/** Calls a function of an interface as the engine does. */
function call(imports: WasiImports, path: string, name: string, ...args: unknown[]): any {
  const found = (imports[`wasi:${path}@0.2.12`] as HostInterface)[name];
  assert.ok(found, `wasi:${path} has no ${name}`);
  return found(...args);
}

test('nothing is granted by default', () => {
  const wasi = wasiImports();
  assert.deepEqual(call(wasi, 'cli/environment', 'get-environment'), []);
  assert.deepEqual(call(wasi, 'cli/environment', 'get-arguments'), []);
  assert.equal(call(wasi, 'cli/environment', 'initial-cwd'), undefined);
  assert.deepEqual(call(wasi, 'filesystem/preopens', 'get-directories'), []);
  assert.equal(call(wasi, 'cli/terminal-stdout', 'get-terminal-stdout'), undefined);
  const stdin = call(wasi, 'cli/stdin', 'get-stdin');
  assert.deepEqual(call(wasi, 'io/streams', '[method]input-stream.read', stdin, 1n), {
    tag: 'err',
    val: { tag: 'closed' },
  });
});

test('what is granted arrives', () => {
  const wasi = wasiImports({ environment: { A: '1' }, arguments: ['me', '-v'], cwd: '/app' });
  assert.deepEqual(call(wasi, 'cli/environment', 'get-environment'), [['A', '1']]);
  assert.deepEqual(call(wasi, 'cli/environment', 'get-arguments'), ['me', '-v']);
  assert.equal(call(wasi, 'cli/environment', 'initial-cwd'), '/app');
});

test('standard output comes line by line, its last part when all is over', () => {
  const out: string[] = [];
  const err: string[] = [];
  const wasi = wasiImports({ stdout: (line) => out.push(line), stderr: (line) => err.push(line) });
  const print = (name: 'stdout' | 'stderr', text: string) => {
    const stream = call(wasi, `cli/${name}`, `get-${name}`);
    return call(wasi, 'io/streams', '[method]output-stream.blocking-write-and-flush', stream, bytes(text));
  };
  assert.deepEqual(print('stdout', 'one\ntwo, '), { tag: 'ok', val: undefined });
  print('stderr', 'oops\n');
  print('stdout', 'still two\nrest');
  assert.deepEqual(out, ['one', 'two, still two']);
  assert.deepEqual(err, ['oops']);
  wasi[Symbol.dispose]();
  assert.deepEqual(out, ['one', 'two, still two', 'rest']);
});

test('a byte sink holds the guest back until it has taken the bytes', async () => {
  const gate = Promise.withResolvers<void>();
  const chunks: Uint8Array[] = [];
  const wasi = wasiImports({
    stdout: {
      write: (chunk) => {
        chunks.push(chunk);
        return gate.promise;
      },
    },
  });
  const stdout = call(wasi, 'cli/stdout', 'get-stdout');
  const streams = (name: string, ...args: unknown[]) =>
    call(wasi, 'io/streams', `[method]output-stream.${name}`, stdout, ...args);
  assert.ok(streams('check-write').val > 0n);
  assert.deepEqual(streams('write-zeroes', 3n), { tag: 'ok', val: undefined });
  assert.deepEqual(streams('check-write'), { tag: 'ok', val: 0n });
  const pollable = streams('subscribe');
  assert.equal(call(wasi, 'io/poll', '[method]pollable.ready', pollable), false);
  const polled = call(wasi, 'io/poll', 'poll', [pollable]);
  const flushed = streams('blocking-flush');
  gate.resolve();
  assert.deepEqual(await polled, [0]);
  assert.deepEqual(await flushed, { tag: 'ok', val: undefined });
  assert.deepEqual(chunks, [Uint8Array.of(0, 0, 0)]);
});

test('lengths out of all proportion are refused before anything is allocated', () => {
  const wasi = wasiImports({ stdout: () => {} });
  const stdout = call(wasi, 'cli/stdout', 'get-stdout');
  const huge = 2n ** 64n - 1n;
  const streams = (name: string, ...args: unknown[]) =>
    call(wasi, 'io/streams', `[method]output-stream.${name}`, stdout, ...args);
  streams('check-write');
  assert.throws(() => streams('write-zeroes', huge), /check-write/);
  assert.throws(() => streams('blocking-write-zeroes-and-flush', huge), /at most 4096/);
  assert.throws(() => streams('blocking-write-and-flush', new Uint8Array(4097)), /at most 4096/);
  assert.throws(() => call(wasi, 'random/random', 'get-random-bytes', huge), /at most/);
  assert.throws(() => call(wasi, 'random/insecure', 'get-insecure-random-bytes', 2n ** 32n), /at most/);
});

test('standard input is read, skipped and spliced', async () => {
  async function* source() {
    yield bytes('hello world');
    yield bytes('!\n');
  }
  const out: string[] = [];
  const wasi = wasiImports({ stdin: source(), stdout: (line) => out.push(line) });
  const stdin = call(wasi, 'cli/stdin', 'get-stdin');
  const stdout = call(wasi, 'cli/stdout', 'get-stdout');
  const input = (name: string, ...args: unknown[]) =>
    call(wasi, 'io/streams', `[method]input-stream.${name}`, stdin, ...args);
  assert.deepEqual(input('read', 5n), { tag: 'ok', val: new Uint8Array(0) });
  assert.deepEqual(await input('blocking-read', 5n), { tag: 'ok', val: bytes('hello') });
  assert.deepEqual(input('skip', 1n), { tag: 'ok', val: 1n });
  const splice = (name: string) =>
    call(wasi, 'io/streams', `[method]output-stream.${name}`, stdout, stdin, 100n);
  assert.deepEqual(splice('splice'), { tag: 'ok', val: 5n });
  assert.deepEqual(await splice('blocking-splice'), { tag: 'ok', val: 2n });
  assert.deepEqual(await splice('blocking-splice'), { tag: 'err', val: { tag: 'closed' } });
  assert.deepEqual(out, ['world!']);
});

test('exit reaches the host with its code', () => {
  const wasi = wasiImports();
  const codes = [
    () => call(wasi, 'cli/exit', 'exit', { tag: 'ok' }),
    () => call(wasi, 'cli/exit', 'exit', { tag: 'err' }),
    () => call(wasi, 'cli/exit', 'exit-with-code', 42),
  ].map((exit) => {
    try {
      exit();
    } catch (error) {
      return error instanceof Exit && error.code;
    }
    return 'it went on';
  });
  assert.deepEqual(codes, [0, 1, 42]);
});

test('clocks: monotonic never goes back, wall is near the host’s, waiting can be given up', async () => {
  const wasi = wasiImports();
  const now = () => call(wasi, 'clocks/monotonic-clock', 'now') as bigint;
  const first = now();
  assert.ok(now() >= first);
  const wall = call(wasi, 'clocks/wall-clock', 'now');
  assert.ok(Math.abs(Number(wall.seconds) - Date.now() / 1000) < 60);
  assert.ok(wall.nanoseconds >= 0 && wall.nanoseconds < 1e9);
  const soon = call(wasi, 'clocks/monotonic-clock', 'subscribe-duration', 2_000_000n);
  await call(wasi, 'io/poll', '[method]pollable.block', soon);
  assert.ok(now() >= first + 2_000_000n);
  assert.equal(call(wasi, 'io/poll', '[method]pollable.ready', soon), true);
  const never = call(wasi, 'clocks/monotonic-clock', 'subscribe-instant', 2n ** 64n - 1n);
  // Left running, its timer would keep this test's process alive.
  void call(wasi, 'io/poll', 'poll', [never]);
  wasi[Symbol.dispose]();
});

test('randomness is fresh, the seed is one for each instance', () => {
  const wasi = wasiImports();
  const random = (length: bigint) => call(wasi, 'random/random', 'get-random-bytes', length) as Uint8Array;
  assert.equal(random(0n).length, 0);
  assert.notDeepEqual(random(16n), random(16n));
  // Longer than one call of WebCrypto fills: its last part is filled too.
  const long = random(200_000n);
  assert.ok(long.length === 200_000 && long.subarray(-64).some((byte) => byte !== 0));
  assert.ok(MOST_RANDOM_BYTES > 200_000);
  assert.notEqual(
    call(wasi, 'random/random', 'get-random-u64'),
    call(wasi, 'random/random', 'get-random-u64'),
  );
  const seed = (of: WasiImports) => call(of, 'random/insecure-seed', 'insecure-seed');
  assert.deepEqual(seed(wasi), seed(wasi));
  assert.notDeepEqual(seed(wasi), seed(wasiImports()));
});

test('a file that nobody could have opened answers bad-descriptor', () => {
  const wasi = wasiImports();
  for (const name of ['open-at', 'stat', 'read-via-stream', 'metadata-hash-at']) {
    assert.deepEqual(call(wasi, 'filesystem/types', `[method]descriptor.${name}`, {}), {
      tag: 'err',
      val: 'bad-descriptor',
    });
  }
  assert.equal(call(wasi, 'filesystem/types', 'filesystem-error-code', {}), undefined);
});

test('an instance that begins anew finds nothing of what was before', async () => {
  const out: string[] = [];
  async function* source() {
    yield bytes('secret');
  }
  const wasi = wasiImports({ stdin: source(), stdout: (line) => out.push(line) });
  const stream = (name: string, ...args: unknown[]) =>
    call(
      wasi,
      'io/streams',
      `[method]output-stream.${name}`,
      call(wasi, 'cli/stdout', 'get-stdout'),
      ...args,
    );
  stream('blocking-write-and-flush', bytes('half a line, and half a character: \u00e4').subarray(0, -1));
  const seed = () => call(wasi, 'random/insecure-seed', 'insecure-seed');
  const first = seed();
  const timer = call(wasi, 'clocks/monotonic-clock', 'subscribe-duration', 3_600_000_000_000n);
  // Left running, its timer would keep this test's process alive.
  void call(wasi, 'io/poll', 'poll', [timer]);
  wasi[renew]();
  assert.deepEqual(out, ['half a line, and half a character: \ufffd']);
  assert.notDeepEqual(seed(), first);
  const stdin = call(wasi, 'cli/stdin', 'get-stdin');
  assert.deepEqual(call(wasi, 'io/streams', '[method]input-stream.read', stdin, 9n), {
    tag: 'err',
    val: { tag: 'closed' },
  });
  stream('blocking-write-and-flush', bytes('next\n'));
  assert.deepEqual(out.slice(1), ['next']);
});

test('a stream that failed or was never taken is another one for the next', async () => {
  let fail = true;
  const wasi = wasiImports({
    stdout: {
      write: () => {
        if (fail) throw new Error('no');
      },
    },
  });
  const print = () => {
    const stdout = call(wasi, 'cli/stdout', 'get-stdout');
    return call(wasi, 'io/streams', '[method]output-stream.blocking-write-and-flush', stdout, bytes('x'));
  };
  assert.equal(print().tag, 'err');
  fail = false;
  assert.equal(print().tag, 'err', 'closed for good');
  wasi[renew]();
  assert.equal(print().tag, 'ok');
});
