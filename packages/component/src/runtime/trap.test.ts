import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assemble } from '../../../../test/guests/wat.ts';
import { isTrap, makeTrap, trapFromGuest, trapFromHost } from './trap.ts';

async function instantiate(
  wat: string,
  imports: WebAssembly.Imports = {},
): Promise<Record<string, () => unknown>> {
  const module = new WebAssembly.Module((await assemble(wat)) as Uint8Array<ArrayBuffer>);
  return new WebAssembly.Instance(module, imports).exports as Record<string, () => unknown>;
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

test('a trap carries its reason', () => {
  const cause = new Error('why');
  const trap = makeTrap('deadline', 'too late', cause);
  assert.ok(isTrap(trap) && trap instanceof WebAssembly.RuntimeError);
  assert.deepEqual([trap.trap, trap.message, trap.cause], ['deadline', 'too late', cause]);
  assert.match(trap.stack!, /^RuntimeError: too late\n\s+at /);
  assert.notEqual(makeTrap('cpu', 'a'), makeTrap('cpu', 'a'));
  assert.equal(isTrap(new WebAssembly.RuntimeError('made by hand')), false);
});

test('a guest catches what JavaScript throws, but no trap, however it was made', async () => {
  let thrown: unknown;
  const { run } = await instantiate(
    `(module
      (import "host" "throw" (func $throw))
      (func (export "run") (result i32)
        (block $caught (try_table (catch_all $caught) (call $throw) (return (i32.const 0))))
        (i32.const 1)))`,
    {
      host: {
        throw: () => {
          throw thrown;
        },
      },
    },
  );
  thrown = new Error('plain');
  assert.equal(run!(), 1);
  thrown = new WebAssembly.RuntimeError('made by hand');
  assert.equal(run!(), 1);
  thrown = makeTrap('cancelled', 'given up');
  assert.equal(thrownBy(run!), thrown);
  thrown = trapFromHost(new TypeError('wrong'), 'wasi:io/poll#poll');
  assert.equal(thrownBy(run!), thrown);
  // Again, and after its way through a promise.
  thrown = await Promise.reject(thrown as Error).catch((error: unknown) => error);
  assert.equal(thrownBy(run!), thrown);
});

test('the reasons of V8 are named', async () => {
  const guest = await instantiate(`(module
    (memory 1) (table 1 funcref) (type $t (func)) (tag $oops)
    (func (export "unreachable") unreachable)
    (func (export "load") (drop (i32.load (i32.const -1))))
    (func (export "divide") (drop (i32.div_s (i32.const 1) (i32.const 0))))
    (func (export "overflow") (drop (i32.div_s (i32.const 0x80000000) (i32.const -1))))
    (func (export "remainder") (drop (i32.rem_u (i32.const 1) (i32.const 0))))
    (func (export "truncate") (drop (i32.trunc_f32_s (f32.const nan))))
    (func (export "null") (call_indirect (type $t) (i32.const 0)))
    (func (export "beyond") (call_indirect (type $t) (i32.const 9)))
    (func (export "copy") (memory.fill (i32.const 65536) (i32.const 0) (i32.const 1)))
    (func (export "throw") (throw $oops))
    (type $array (array (mut i64)))
    (func (export "unaligned") (drop (i32.atomic.load (i32.const 1))))
    (func (export "large") (drop (array.new_default $array (i32.const -1))))
    (func (export "element") (drop (array.get $array (array.new_default $array (i32.const 1)) (i32.const 3))))
    (func (export "nothing") (throw_ref (ref.null exn)))
    (func (export "cast") (drop (ref.cast (ref $array) (ref.i31 (i32.const 1)))))
    (func $deep (export "deep") (call $deep)))`);
  const expected = {
    unreachable: 'unreachable',
    load: 'out-of-bounds',
    divide: 'arithmetic',
    overflow: 'arithmetic',
    remainder: 'arithmetic',
    truncate: 'arithmetic',
    null: 'indirect-call',
    beyond: 'out-of-bounds',
    copy: 'out-of-bounds',
    throw: 'unreachable',
    unaligned: 'out-of-bounds',
    large: 'out-of-bounds',
    element: 'out-of-bounds',
    nothing: 'indirect-call',
    cast: 'indirect-call',
    deep: 'stack-overflow',
  } as const;
  for (const [name, code] of Object.entries(expected)) {
    const trap = trapFromGuest(thrownBy(guest[name]!));
    assert.equal(trap.trap, code, `${name}: ${trap.message}`);
    assert.equal(trapFromGuest(trap), trap);
  }
});

test('errors of the host become causes', () => {
  const error = new Error('connection lost');
  const trap = trapFromHost(error, 'kv#get');
  assert.deepEqual([trap.trap, trap.cause], ['host-error', error]);
  assert.match(trap.message, /kv#get failed: connection lost/);
  assert.equal(trapFromHost(trap, 'outer'), trap);
  assert.equal(
    trapFromHost(
      thrownBy(function deep(): unknown {
        return deep();
      }),
      'f',
    ).trap,
    'stack-overflow',
  );
  assert.match(trapFromHost('text', 'f').message, /failed: text/);
  assert.match(trapFromHost(Object.create(null), 'f').message, /cannot be printed/);
});
