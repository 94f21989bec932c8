import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  compileModule,
  ComponentError,
  instantiateModule,
  isTrap,
  makeTrap,
} from '@spiderlightning/component/core';
import type {
  CoreGuest,
  CoreImports,
  CoreInstance,
  CoreInstantiateOptions,
} from '@spiderlightning/component/core';
import { assemble } from '../../../test/guests/wat.ts';
import { pause } from './fixture.ts';

type Imports = CoreImports | ((guest: CoreGuest) => CoreImports);

async function start(
  body: string,
  imports?: Imports,
  options?: CoreInstantiateOptions,
  limits = true,
): Promise<CoreInstance> {
  const module = await compileModule(await assemble(`(module ${body})`), { limits });
  return instantiateModule(module, imports, options);
}

const counter = `
  (memory (export "memory") 1)
  (global $n (mut i32) (i32.const 0))
  (func (export "next") (result i32)
    (i32.store (i32.const 64) (i32.add (i32.load (i32.const 64)) (i32.const 1)))
    (global.set $n (i32.add (global.get $n) (i32.const 10)))
    (i32.add (global.get $n) (i32.load (i32.const 64))))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "crash") unreachable)
  (func (export "spin") (loop (br 0)))`;

/** Adds one to what the host says, in each type of number. */
const numbers = `
  (import "h" "i" (func $i (param i32 i64 f32 f64) (result i32)))
  (import "h" "l" (func $l (param i32) (result i64)))
  (import "h" "d" (func $d (result f64)))
  (import "h" "v" (func $v (param i32)))
  (func (export "i") (param i32 i64 f32 f64) (result i32)
    (i32.add (i32.const 1) (call $i (local.get 0) (local.get 1) (local.get 2) (local.get 3))))
  (func (export "l") (param i32) (result i64) (i64.add (i64.const 1) (call $l (local.get 0))))
  (func (export "d") (result f64) (f64.add (f64.const 1) (call $d)))
  (func (export "v") (param i32) (call $v (local.get 0)))
  (func (export "two") (result i32 i64) (i32.const -1) (i64.const -2))`;

/** A guest whose calls go through a function of the host, and can be caught by the guest. */
const caller = `
  (import "h" "f" (func $f (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (param i32) (result i32)
    (block $caught (return (try_table (result i32) (catch_all $caught) (call $f (local.get 0)))))
    (i32.const -1))
  (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "crash") (param i32) (result i32) unreachable)
  (func (export "spin") (loop (br 0)))`;

describe('a core module', () => {
  test('tells what it imports and exports', async () => {
    const module = await compileModule(await assemble(`(module ${caller})`));
    const unary = { kind: 'func', params: ['i32'], results: ['i32'] };
    assert.deepEqual(module.inspect(), {
      imports: [{ module: 'h', name: 'f', type: unary }],
      exports: [
        { name: 'memory', type: { kind: 'memory', shared: false, minimum: 1, address: 'i32' } },
        { name: 'run', type: unary },
        { name: 'double', type: unary },
        { name: 'crash', type: unary },
        { name: 'spin', type: { kind: 'func', params: [], results: [] } },
      ],
    });
  });

  for (const limits of [true, false]) {
    test(`calls the host and is called, ${limits ? 'with' : 'without'} limits`, async () => {
      const seen: unknown[][] = [];
      const h = {
        i: (...args: unknown[]) => seen.push(args),
        l: (late: number) => (late === 0 ? 41n : pause(2n ** 63n - 2n)),
        d: () => pause(0.5),
        v: () => undefined,
      };
      const instance = await start(numbers, { h }, {}, limits);
      assert.equal(instance.callSync('i', [-1, 2n ** 63n - 1n, 0.5, NaN]), 2);
      assert.equal(await instance.call('i', [2 ** 32 - 1, 2n ** 64n - 1n, 0.5, -0]), 3);
      assert.deepEqual(seen, [
        [-1, 2n ** 63n - 1n, 0.5, NaN],
        [-1, -1n, 0.5, -0],
      ]);
      assert.equal(await instance.call('l', [0]), 42n);
      assert.equal(await instance.call('l', [1]), 2n ** 63n - 1n);
      assert.equal(await instance.call('d', []), 1.5);
      assert.equal(await instance.call('v', [1]), undefined);
      assert.deepEqual(await instance.call('two', []), [-1, -2n]);
    });
  }

  test('is not entered with arguments that do not fit', async () => {
    const instance = await start(caller, { h: { f: (n: number) => n } });
    const refused: readonly (readonly [string, unknown[], RegExp])[] = [
      ['run', [], /run: expected 1 arguments, found 0/],
      ['run', [1n], /run: argument 0: expected an integer of 32 bits \(i32\), found 1n/],
      ['run', [1.5], /found 1.5/],
      ['run', [2 ** 32], /found 4294967296/],
      ['memory', [], /no function "memory"; what it exports of them: run, double, crash, spin/],
    ];
    for (const [name, args, message] of refused) {
      await assert.rejects(instance.call(name, args), { name: 'TypeError', message });
      assert.throws(() => instance.callSync(name, args), { name: 'TypeError', message });
    }
    assert.equal(instance.alive, true);
    assert.equal(await instance.call('run', [5]), 5);
  });

  test('is refused with all that is missing, or does not fit, by name', async () => {
    const refusal = async (body: string, imports: Imports = {}) => {
      const error: unknown = await start(body, imports).catch((error: unknown) => error);
      assert.ok(error instanceof ComponentError, String(error));
      return error;
    };
    const missing = await refusal(numbers, { h: Object.create({ i: () => 0 }), toString: () => 0 } as never);
    assert.equal(missing.code, 'missing-import');
    assert.deepEqual(missing.imports, ['h#l', 'h#d', 'h#v']);
    assert.deepEqual((await refusal('(import "toString" "call" (func))')).imports, ['toString#call']);
    const link = await refusal(caller, { h: { f: 1 as never } });
    assert.deepEqual([link.code, link.message], ['link', 'The import h#f needs a function: found number.']);
    for (const [body, message] of [
      ['(import "env" "memory" (memory 1))', /import env#memory is a memory/],
      ['(import "env" "f" (func (result i32 i32)))', /import env#f is a function of other values/],
      ['(import "env" "f" (func (param externref)))', /import env#f/],
    ] as const) {
      const error = await refusal(body, { env: { f: () => 0 } });
      assert.equal(error.code, 'unsupported');
      assert.match(error.message, message);
    }
    await assert.rejects(compileModule(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 99])), {
      code: 'invalid',
    });
  });

  test('a start function may call the host and wait, and fails the instantiation where it traps', async () => {
    const body = `(import "h" "f" (func $f (result i32)))
      (global $n (mut i32) (i32.const 0))
      (func (export "n") (result i32) (global.get $n))
      (func $init (global.set $n (call $f)) (if (i32.eqz (global.get $n)) (then (loop (br 0)))))
      (start $init)`;
    assert.equal((await start(body, { h: { f: () => pause(7) } })).callSync('n', []), 7);
    await assert.rejects(start(body, { h: { f: () => pause(0) } }, { cpu: 30 }), (error) => isTrap(error));
    await assert.rejects(start(body, { h: { f: () => 'x' } }), {
      trap: 'host-error',
      message: /h#f.*found "x"/,
    });
  });
});

describe('calls of a core module', () => {
  test('take turns, and are bounded', async () => {
    let running = 0;
    const f = async (n: number) => {
      assert.equal(++running, 1);
      await pause(undefined);
      running--;
      return n;
    };
    const instance = await start(caller, { h: { f } });
    assert.deepEqual(await Promise.all([1, 2, 3].map((n) => instance.call('run', [n]))), [1, 2, 3]);
    for (const [bounds, trap] of [
      [() => ({ cpu: 30 }), 'cpu'],
      [() => ({ deadline: 30 }), 'deadline'],
      [() => ({ signal: AbortSignal.timeout(20) }), 'cancelled'],
    ] as const) {
      const other = await start(caller, { h: { f } });
      await assert.rejects(other.call('spin', [], bounds()), { trap });
      await assert.rejects(other.call('run', [1]), { trap: 'disposed' });
    }
    const waiting = await start(caller, { h: { f: () => new Promise(() => {}) } });
    await assert.rejects(waiting.call('run', [1], { deadline: 20 }), { trap: 'deadline' });
  });

  test('end with traps that the guest cannot catch', async () => {
    const failing: readonly (readonly [unknown, object])[] = [
      [() => Promise.reject(new Error('no idea')), { trap: 'host-error', message: /h#f.*no idea/ }],
      [
        () => {
          throw makeTrap('abi', 'invalid utf-8');
        },
        { trap: 'abi', message: 'invalid utf-8' },
      ],
      [() => pause('text'), { trap: 'host-error', message: /h#f.*result.*expected an integer/ }],
      [() => 1n, { trap: 'host-error' }],
    ];
    for (const [f, wanted] of failing) {
      const instance = await start(caller, { h: { f: f as () => unknown } });
      await assert.rejects(instance.call('run', [1]), wanted);
      assert.equal(instance.alive, false);
    }
    const instance = await start(caller, { h: { f: () => pause(1) } });
    assert.throws(() => instance.callSync('run', [1]), { trap: 'abi', message: /promise/ });
  });

  test('hold memory down to its limit', async () => {
    const instance = await start(counter, {}, { memory: 3 * 65536 });
    assert.equal(await instance.call('grow', [2]), 1);
    assert.equal(await instance.call('grow', [1]), -1);
    assert.equal(instance.memoryBytes, 3 * 65536);
    assert.equal((await start(counter, {}, {}, false)).memoryBytes, 65536);
  });

  test('are refused once it is disposed of, and the one under way is cancelled', async () => {
    const instance = await start(caller, { h: { f: () => new Promise(() => {}) } });
    const calls = [instance.call('run', [1]), instance.call('run', [2])];
    instance.dispose();
    await assert.rejects(calls[0]!, { trap: 'cancelled' });
    await assert.rejects(calls[1]!, { trap: 'disposed' });
    assert.equal(instance.alive, false);
  });
});

describe('the host inside of a call', () => {
  test('calls the guest back, at once or while it waits', async () => {
    for (const late of [false, true]) {
      const instance = await start(caller, (guest) => ({
        h: {
          f: (n: number) => {
            const answer = () => guest.callSync('double', [n]) + guest.memory().buffer.byteLength;
            return late ? pause(undefined).then(answer) : answer();
          },
        },
      }));
      assert.equal(await instance.call('run', [4]), 65544);
    }
  });

  test('cannot hide a trap from the guest', async () => {
    for (const late of [false, true]) {
      const instance = await start(caller, (guest) => ({
        h: {
          f: async (n: number) => {
            if (late) await pause(undefined);
            try {
              return guest.callSync('crash', [n]);
            } catch {
              return 5;
            }
          },
        },
      }));
      await assert.rejects(instance.call('run', [1]), { trap: 'unreachable' });
      assert.equal(instance.alive, false);
    }
  });

  test('is bounded there too', async () => {
    const instance = await start(caller, (guest) => ({
      h: { f: () => pause(undefined).then(() => guest.callSync('spin', [])) },
    }));
    await assert.rejects(instance.call('run', [1], { cpu: 30 }), { trap: 'cpu' });
  });

  test('makes several calls one turn', async () => {
    const instance = await start(caller, { h: { f: (n: number) => pause(n + 1) } });
    const order: string[] = [];
    const both = instance.run(async (guest) => {
      const first = await guest.call('run', [1]);
      order.push('first');
      const second = await guest.call('run', [guest.callSync('double', [first])]);
      order.push('second');
      return second;
    });
    const other = instance.call('run', [0]).then(() => order.push('other'));
    assert.equal(await both, 5);
    await other;
    assert.deepEqual(order, ['first', 'second', 'other']);
  });

  test('ends a turn whose work fails, or whose bounds have passed', async () => {
    const works: readonly (readonly [
      (guest: CoreGuest, instance: CoreInstance) => unknown,
      object,
      object?,
    ])[] = [
      [() => Promise.reject(new Error('broken')), { trap: 'host-error', message: /broken/ }],
      [(guest) => guest.call('crash', [1]).catch(() => 'fine'), { trap: 'unreachable' }],
      [
        async (guest) => {
          for (;;) {
            await pause(undefined);
            guest.callSync('double', [1]);
          }
        },
        { trap: 'deadline' },
        { deadline: 20 },
      ],
      [
        async (guest, instance) => {
          instance.dispose();
          return guest.callSync('double', [1]);
        },
        { trap: 'cancelled' },
      ],
      [
        (guest) => Promise.all([guest.call('run', [1]), guest.call('run', [2])]),
        { trap: 'host-error', message: /not over/ },
      ],
    ];
    for (const [work, wanted, options] of works) {
      const instance = await start(caller, { h: { f: (n: number) => pause(n) } });
      await assert.rejects(
        instance.run((guest) => work(guest, instance), options),
        wanted,
      );
      assert.equal(instance.alive, false);
    }
  });

  test('cannot enter the guest afterwards', async () => {
    let kept: CoreGuest | undefined;
    const instance = await start(caller, (guest) => {
      kept = guest;
      assert.throws(() => guest.memory(), /no memory "memory"/);
      return { h: { f: () => 0 } };
    });
    assert.throws(() => kept!.callSync('double', [1]), /only be entered while a call is under way/);
    assert.equal(await instance.call('double', [3]), 6);
    assert.throws(() => kept!.callSync('double', [1]), /only be entered/);
  });
});

describe('a core module that is put back', () => {
  test('forgets what it had in memories and globals, also after a trap', async () => {
    const instance = await start(counter, {}, { restorable: true });
    assert.equal(instance.unrestorable, undefined);
    for (const bad of ['crash', 'spin']) {
      assert.deepEqual([await instance.call('next', []), instance.callSync('next', [])], [11, 22]);
      await instance.call('grow', [2]);
      await assert.rejects(instance.call(bad, [], { cpu: 20 }));
      assert.equal(instance.alive, false);
      assert.equal(instance.restore(), true);
      assert.deepEqual([instance.alive, instance.memoryBytes], [true, 65536]);
    }
    const turn = instance.run(async () => assert.equal(instance.restore(), false));
    await turn;
    instance.dispose();
    assert.equal(instance.restore(), false);
  });

  test('says why it cannot be', async () => {
    assert.equal((await start(counter)).unrestorable, 'it was not asked for');
    const body = '(import "h" "f" (func $f)) (start $f)';
    const instance = await start(body, { h: { f: () => undefined } }, { restorable: true });
    assert.equal(instance.unrestorable, 'its initialisation called the host');
    assert.equal(instance.restore(), false);
    assert.match((await start(counter, {}, { restorable: true }, false)).unrestorable!, /limits/);
  });
});
