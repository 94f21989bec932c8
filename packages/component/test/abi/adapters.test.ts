import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liftFunction } from '../../src/abi/lift.ts';
import { lowerFunction } from '../../src/abi/lower.ts';
import type { CanonOptions, FuncType, GuestCallee, Store, ValueType } from '../../src/abi/model.ts';
import { instantiateAdapters } from '../../src/link/adapters.ts';
import { makeTrap } from '../../src/runtime/trap.ts';
import { assemble } from '../../../../test/guests/wat.ts';
import { createInstance, createStore } from './instance.ts';

const options: CanonOptions = { encoding: 'utf8', async: false };
const u32: ValueType = { kind: 'u32' };
const u64: ValueType = { kind: 'u64' };
const string: ValueType = { kind: 'string' };

const func = (params: readonly ValueType[], result?: ValueType): FuncType => ({
  params: params.map((type, i) => ({ name: `p${i}`, type })),
  result,
  async: false,
});

async function compile(wat: string): Promise<WebAssembly.Module> {
  return new WebAssembly.Module((await assemble(wat)) as Uint8Array<ArrayBuffer>);
}

/** Memory and a bump allocator, which the guest and its imports share. */
const heap = await compile(`(module
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.set $next (i32.add (local.get $at) (local.get 3)))
    (drop (memory.grow (i32.const 1)))
    (local.get $at)))`);

/** `add`, `shout` and `tick` of the host, passed through by exports; `swallow` catches whatever it can. */
const passing = await compile(`(module
  (import "host" "add" (func $add (param i32 i64) (result i64)))
  (import "host" "shout" (func $shout (param i32 i32 i32)))
  (import "host" "tick" (func $tick))
  (func (export "add") (param i32 i64) (result i64) (call $add (local.get 0) (local.get 1)))
  (func (export "shout") (param i32 i32) (result i32)
    (call $shout (local.get 0) (local.get 1) (i32.const 64)) (i32.const 64))
  (func (export "thrice") (call $tick) (call $tick) (call $tick))
  (func (export "swallow") (result i32)
    (block $caught (try_table (catch_all $caught) (call $tick) (return (i32.const 0))))
    (i32.const 1)))`);

interface Host {
  add?(a: number, b: bigint): unknown;
  shout?(text: string): unknown;
  tick?(): unknown;
}

interface Guest {
  readonly store: Store;
  readonly add: GuestCallee;
  readonly shout: GuestCallee;
  readonly thrice: GuestCallee;
  readonly swallow: GuestCallee;
}

function instantiate(host: Host): Guest {
  const store = createStore();
  const instance = createInstance(store);
  const bindings = new WebAssembly.Instance(heap).exports as unknown as {
    memory: WebAssembly.Memory;
    realloc: () => number;
  };
  const types = { add: func([u32, u64], u64), shout: func([string], string), tick: func([]) };
  const [add, shout, tick] = instantiateAdapters(
    (['add', 'shout', 'tick'] as const).map((name) =>
      lowerFunction(types[name], options).bind(instance, bindings, {
        kind: 'host',
        name: `test#${name}`,
        call: (...args: never[]) => (host[name] as (...all: never[]) => unknown)(...args),
      }),
    ),
  );
  const { exports } = new WebAssembly.Instance(passing, { host: { add, shout, tick } });
  const lift = (name: string, type: FuncType): GuestCallee =>
    liftFunction(type, options).bind(instance, bindings, exports[name] as () => unknown);
  return {
    store,
    add: lift('add', types.add),
    shout: lift('shout', types.shout),
    thrice: lift('thrice', func([])),
    swallow: lift('swallow', func([], u32)),
  };
}

const later = <T>(value: T): Promise<T> => new Promise((resolve) => void setTimeout(() => resolve(value), 1));

describe('host functions', () => {
  const atOnce: Host = {
    add: (a, b) => BigInt(a) + b,
    shout: (text) => text.toUpperCase(),
    tick: () => undefined,
  };
  const promised: Host = {
    add: (a, b) => later(BigInt(a) + b),
    shout: (text) => later(text.toUpperCase()),
    tick: () => later(undefined),
  };

  for (const [how, host] of Object.entries({ atOnce, promised })) {
    test(`answer ${how}`, async () => {
      const guest = instantiate(host);
      assert.equal(await guest.add.call([2 ** 32 - 1, 2n ** 63n]), 2n ** 63n + 2n ** 32n - 1n);
      assert.equal(await guest.shout.call(['naïve '.repeat(99)]), 'NAÏVE '.repeat(99));
      assert.equal(await guest.thrice.call([]), undefined);
      assert.equal(await guest.swallow.call([]), 0);
    });
  }

  test('answer now or later from call to call', async () => {
    const order: string[] = [];
    let calls = 0;
    const guest = instantiate({
      tick() {
        order.push('tick');
        return calls++ % 2 === 0 ? undefined : later(undefined).then(() => order.push('done'));
      },
    });
    await guest.thrice.call([]);
    assert.deepEqual(order, ['tick', 'tick', 'done', 'tick']);
  });

  test('need no promise in a plain call', () => {
    const guest = instantiate(atOnce);
    assert.equal(guest.add.callSync([1, 2n]), 3n);
    assert.equal(guest.shout.callSync(['hello']), 'HELLO');
  });

  test('that promise in a plain call are a trap, which the guest cannot catch', () => {
    const guest = instantiate({ ...promised, tick: () => Promise.reject(new Error('unheard')) });
    assert.throws(() => guest.add.callSync([1, 2n]), {
      trap: 'abi',
      message: /test#add answered with a promise/,
    });
    const other = instantiate({ tick: () => Promise.reject(new Error('unheard')) });
    assert.throws(() => other.swallow.callSync([]), { trap: 'abi' });
  });

  test('are awaited also where they answer with another kind of promise', async () => {
    const thenable = { then: (resolve: (value: string) => void) => resolve('from afar') }; // oxlint-disable-line unicorn/no-thenable
    assert.equal(await instantiate({ shout: () => thenable }).shout.call(['']), 'from afar');
  });
});

describe('failures of the host', () => {
  const error = new Error('connection lost');
  const failing: Record<string, Host> = {
    'thrown at once': {
      tick() {
        throw error;
      },
    },
    'rejected at once': { tick: () => Promise.reject(error) },
    'rejected later': { tick: () => later(0).then(() => Promise.reject(error)) },
  };
  for (const [how, host] of Object.entries(failing)) {
    test(`${how}: a trap that the guest cannot catch`, async () => {
      await assert.rejects(instantiate(host).swallow.call([]), {
        trap: 'host-error',
        cause: error,
        message: /test#tick failed/,
      });
    });
  }

  for (const [how, wrap] of Object.entries({ 'at once': <T>(value: T) => value, later })) {
    test(`a result that does not fit, ${how}`, async () => {
      const guest = instantiate({ add: () => wrap(3), shout: () => wrap({}) });
      const message =
        /test#add failed: the result does not fit its type: result: expected a bigint .* found 3/;
      await assert.rejects(guest.add.call([1, 2n]), { trap: 'host-error', message });
      const other = instantiate({ shout: () => wrap(undefined) });
      await assert.rejects(other.shout.call(['x']), {
        trap: 'host-error',
        message: /expected a string, found undefined/,
      });
    });
  }
});

describe('a guest that waits', () => {
  test('can be interrupted with a trap, which it cannot catch', async () => {
    const guest = instantiate({ tick: () => new Promise(() => undefined) });
    const call = guest.swallow.call([]);
    await later(0);
    guest.store.interrupt!(makeTrap('deadline', 'too late'));
    await assert.rejects(call, { trap: 'deadline', message: 'too late' });
    assert.equal(guest.store.interrupt, undefined);
  });

  test('does not hear of an answer that comes after its interruption', async () => {
    let answer: (value: unknown) => void = () => undefined;
    const guest = instantiate({ tick: () => new Promise((resolve) => (answer = resolve)) });
    const call = guest.thrice.call([]);
    await later(0);
    guest.store.interrupt!(makeTrap('cancelled', 'given up'));
    await assert.rejects(call, { trap: 'cancelled' });
    const newer = (): void => undefined;
    guest.store.interrupt = newer;
    answer(undefined);
    await later(0);
    assert.equal(guest.store.interrupt, newer);
  });

  test('is announced, and so is that it goes on', async () => {
    const guest = instantiate({ tick: () => later(undefined) });
    const heard: string[] = [];
    guest.store.onWait = () => heard.push('wait');
    guest.store.onResume = () => heard.push('resume');
    await guest.thrice.call([]);
    assert.deepEqual(heard, ['wait', 'resume', 'wait', 'resume', 'wait', 'resume']);
  });
});

test('many adapters of all signatures fit in one module', () => {
  const kinds = ['u32', 'u64', 'f32', 'f64'] as const;
  const bindings = Array.from({ length: 200 }, (_, i) => {
    const kind = kinds[i % 4]!;
    const type = func(
      Array.from({ length: i % 17 }, () => ({ kind })),
      i % 5 === 0 ? undefined : { kind },
    );
    const call = (...args: unknown[]): unknown => args.at(-1) ?? (kind === 'u64' ? 0n : 0);
    return lowerFunction(type, options).bind(createInstance(), {}, { kind: 'host', name: `f${i}`, call });
  });
  const functions = instantiateAdapters(bindings);
  assert.equal(functions.length, 200);
  assert.equal(functions[199]!(...Array.from({ length: 12 }, (_, i) => i + 0.5)), 11.5);
  assert.equal(functions[6]!(1, 2, 3, 4, 5, 2.5), 2.5);
  assert.deepEqual(instantiateAdapters([]), []);
});

describe('async exports', () => {
  const asynchronous: CanonOptions = { encoding: 'utf8', async: true };

  test('are called back until they end, and may wait for the host in between', async () => {
    const { planTaskReturn } = await import('../../src/abi/lift.ts');
    const module = await compile(`(module
      (import "host" "next" (func $next (result i32)))
      (import "host" "return" (func $return (param i32)))
      (func (export "run") (result i32) (i32.const 1))
      (func (export "callback") (param i32 i32 i32) (result i32) (local $value i32)
        (local.set $value (call $next))
        (if (i32.lt_u (local.get $value) (i32.const 3)) (then (return (i32.const 1))))
        (call $return (local.get $value))
        (i32.const 0)))`);
    for (const wrap of [later, <T>(value: T) => value]) {
      let count = 0;
      const instance = createInstance();
      const [next] = instantiateAdapters([
        lowerFunction(func([], u32), options).bind(
          instance,
          {},
          { kind: 'host', name: 'next', call: () => wrap(++count) },
        ),
      ]);
      const { exports } = new WebAssembly.Instance(module, {
        host: { next, return: planTaskReturn(u32, asynchronous).bind(instance, {}) },
      });
      const run = liftFunction({ ...func([], u32), async: true }, asynchronous).bind(
        instance,
        { callback: exports['callback'] as () => number },
        exports['run'] as () => number,
      );
      assert.equal(await run.call([]), 3);
      assert.equal(await run.call([]), 4);
      if (wrap !== later) assert.equal(run.callSync([]), 5);
    }
  });
});
