import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bindResourceDrop } from '../../src/abi/fused.ts';
import { liftFunction } from '../../src/abi/lift.ts';
import { lowerFunction } from '../../src/abi/lower.ts';
import type {
  CanonOptions,
  CoreFunction,
  FuncType,
  InstanceContext,
  ResourceType,
  ValueType,
} from '../../src/abi/model.ts';
import { instantiateAdapters } from '../../src/link/adapters.ts';
import { getResourceRep, newResource } from '../../src/runtime/handles.ts';
import { assemble } from '../../../../test/guests/wat.ts';
import { typed } from './arbitraries.ts';
import { createInstance, createMemory, createStore } from './instance.ts';

const utf8: CanonOptions = { encoding: 'utf8', async: false };
const u32: ValueType = { kind: 'u32' };

const func = (params: readonly ValueType[], result?: ValueType): FuncType => ({
  params: params.map((type, i) => ({ name: `p${i}`, type })),
  result,
  async: false,
});

async function compile(wat: string): Promise<WebAssembly.Module> {
  return new WebAssembly.Module((await assemble(wat)) as Uint8Array<ArrayBuffer>);
}

/** An export `run` that hands its argument to an import `next`. */
const relay = await compile(`(module
  (import "to" "next" (func $next (param i32) (result i32)))
  (func (export "run") (param i32) (result i32)
    (i32.add (call $next (local.get 0)) (i32.const 1))))`);

function bindRelay(instance: InstanceContext, next: CoreFunction) {
  const { exports } = new WebAssembly.Instance(relay, { to: { next } });
  return liftFunction(func([u32], u32), utf8).bind(instance, {}, exports['run'] as CoreFunction);
}

for (const wait of [false, true]) {
  test(`a chain of three components ${wait ? 'waits for' : 'calls'} the host`, async () => {
    const store = createStore();
    const [inner, middle, outer] = [
      createInstance(store),
      createInstance(store),
      createInstance(store),
    ] as const;
    const call = (value: number): unknown => (wait ? Promise.resolve(value * 2) : value * 2);
    const lowered = lowerFunction(func([u32], u32), utf8);
    const [host] = instantiateAdapters([lowered.bind(inner, {}, { kind: 'host', name: 'double', call })]);
    const first = bindRelay(inner, host!);
    const [toInner] = instantiateAdapters([lowered.bind(middle, {}, first)]);
    const [toMiddle] = instantiateAdapters([lowered.bind(outer, {}, bindRelay(middle, toInner!))]);
    const last = bindRelay(outer, toMiddle!);
    assert.equal(await last.call([10]), 23);
    assert.equal(await last.call([0]), 3);
    if (!wait) assert.equal(last.callSync([1]), 5);
    for (const instance of [inner, middle, outer]) assert.equal(instance.mayEnter, true);
  });
}

test('values of any type pass from memory to memory, whatever the encodings', () => {
  const encoding = fc.constantFrom('utf8' as const, 'utf16' as const, 'latin1+utf16' as const);
  fc.assert(
    fc.property(typed, encoding, encoding, ({ type, value }, from, to) => {
      const store = createStore();
      const [caller, callee] = [createInstance(store), createInstance(store)];
      const [callersMemory, calleesMemory] = [createMemory(), createMemory()];
      const options = { from: { encoding: from, async: false }, to: { encoding: to, async: false } } as const;
      const echo = func([type], type);

      // The callee returns its argument: flat as it came, or from where a host function that it imports put it.
      const inward = lowerFunction(echo, options.to);
      const received: unknown[] = [];
      const keep = (one: unknown): unknown => (received.push(one), one);
      const relayCore = (start: CoreFunction, memory: typeof callersMemory, spilled: boolean): CoreFunction =>
        spilled
          ? (...core) => {
              const pointer = memory.allocate(8, 4096);
              start(...core, pointer);
              return pointer;
            }
          : start;
      const [host] = instantiateAdapters([
        inward.bind(callee, calleesMemory, { kind: 'host', name: 'keep', call: keep }),
      ]);
      const spilled = inward.signature.results.length === 0;
      const target = liftFunction(echo, options.to).bind(
        callee,
        calleesMemory,
        relayCore(host!, calleesMemory, spilled),
      );

      const binding = lowerFunction(echo, options.from).bind(caller, callersMemory, target);
      const { pre, post } = binding.imports as { pre: CoreFunction; post: CoreFunction };
      const fused: CoreFunction = (...core) => {
        const call = pre(...core);
        return post(call, target.core(...call.core));
      };
      const outer = liftFunction(echo, options.from).bind(
        caller,
        callersMemory,
        relayCore(fused, callersMemory, spilled),
      );
      assert.deepStrictEqual(outer.callSync([value]), value);
      assert.deepStrictEqual(received, [value]);
    }),
    { numRuns: 200 },
  );
});

test('calls with many kinds of core values', async () => {
  const kinds: ValueType[] = [u32, { kind: 'u64' }, { kind: 'f32' }, { kind: 'f64' }, { kind: 'bool' }];
  const type = func([...kinds, ...kinds], { kind: 'f64' });
  const module = await compile(`(module (func (export "f")
    (param i32 i64 f32 f64 i32 i32 i64 f32 f64 i32) (result f64)
    (f64.add (f64.promote_f32 (local.get 7)) (f64.add (f64.convert_i64_u (local.get 1)) (local.get 8)))))`);
  const { exports } = new WebAssembly.Instance(module);
  const store = createStore();
  const callee = liftFunction(type, utf8).bind(createInstance(store), {}, exports['f'] as CoreFunction);
  const [call] = instantiateAdapters([lowerFunction(type, utf8).bind(createInstance(store), {}, callee)]);
  assert.equal(call!(1, 2n, 3, 4, 5, 6, 7n, 0.5, 0.25, 10), 2.75);
});

test('a component that is entered already traps; a parent called back by its child does not', () => {
  const store = createStore();
  const parent = createInstance(store);
  const child = createInstance(store, [], parent);
  const sibling = createInstance(store);
  const none = func([]);
  const lowered = lowerFunction(none, utf8);
  const bind = (from: InstanceContext, to: InstanceContext, core: CoreFunction): CoreFunction => {
    const callee = liftFunction(none, utf8).bind(to, {}, core);
    const { pre, post } = lowered.bind(from, {}, callee).imports as { pre: CoreFunction; post: CoreFunction };
    return () => {
      const call = pre();
      callee.core();
      return post(call, undefined);
    };
  };
  let calls = 0;
  const back = bind(child, parent, () => calls++);
  const down = bind(parent, child, back);
  liftFunction(none, utf8).bind(parent, {}, down).callSync([]);
  assert.equal(calls, 1);

  const again = bind(sibling, parent, () => calls++);
  const aside = bind(parent, sibling, again);
  assert.throws(() => liftFunction(none, utf8).bind(parent, {}, aside).callSync([]), {
    trap: 'abi',
    message: /cannot enter/,
  });
});

test('resources pass between components: owned, borrowed, and to the one that implements them', () => {
  const store = createStore();
  const maker = createInstance(store);
  const type: ResourceType = { name: 'parcel', owner: maker, generation: 0, drop: undefined };
  maker.resources.push(type);
  const user = createInstance(store, [type]);
  const own: ValueType = { kind: 'own', resource: 0 };
  const borrow: ValueType = { kind: 'borrow', resource: 0 };
  const bind = (signature: FuncType, core: CoreFunction): CoreFunction => {
    const callee = liftFunction(signature, utf8).bind(maker, {}, core);
    const { pre, post } = lowerFunction(signature, utf8).bind(user, {}, callee).imports as {
      pre: CoreFunction;
      post: CoreFunction;
    };
    return (...args) => {
      const call = pre(...args);
      return post(call, callee.core(...call.core));
    };
  };
  const make = bind(func([], own), () => newResource(maker, type, 77));
  const weigh = bind(func([borrow], u32), (rep) => {
    assert.equal(user.handles.get(index, type).lends, 1);
    return rep + 1;
  });
  const destroy = bind(func([own], u32), (handle) => getResourceRep(maker, type, handle));
  const index: number = make();
  assert.equal(maker.handles.size, 0);
  assert.equal(weigh(index), 78);
  assert.equal(user.handles.get(index, type).lends, 0);
  assert.equal(destroy(index), 77);
  assert.equal(user.handles.size, 0);
});

test('a borrowed handle that outlives its call traps', () => {
  const type: ResourceType = { name: 'parcel', owner: undefined, generation: 0, drop: undefined };
  const instance = createInstance(undefined, [type]);
  const take = func([{ kind: 'borrow', resource: 0 }]);
  const keep = liftFunction(take, utf8).bind(instance, {}, () => undefined);
  assert.throws(() => keep.callSync([{}]), { trap: 'abi', message: /borrow handles still remain/ });
});

for (const wait of [false, true]) {
  test(`dropping runs the destructor in its component, which may ${wait ? 'wait' : 'answer at once'}`, async () => {
    const store = createStore();
    const maker = createInstance(store);
    const heard: number[] = [];
    const tell = (rep: number): unknown => {
      assert.equal(maker.mayEnter, false);
      heard.push(rep);
      return wait ? Promise.resolve() : undefined;
    };
    const [report] = instantiateAdapters([
      lowerFunction(func([u32]), utf8).bind(maker, {}, { kind: 'host', name: 'tell', call: tell }),
    ]);
    const destructor = new WebAssembly.Instance(
      await compile(`(module (import "to" "tell" (func $tell (param i32)))
        (func (export "destroy") (param i32) (call $tell (local.get 0))))`),
      { to: { tell: report } },
    ).exports['destroy'] as CoreFunction;
    const type: ResourceType = { name: 'parcel', owner: maker, generation: 0, drop: undefined, destructor };
    const user = createInstance(store, [type]);
    const [drop] = instantiateAdapters([bindResourceDrop(user, type)]);
    const { exports } = new WebAssembly.Instance(
      await compile(`(module (import "to" "drop" (func $drop (param i32)))
        (func (export "run") (param i32) (call $drop (local.get 0))))`),
      { to: { drop } },
    );
    const run = liftFunction(func([u32]), utf8).bind(user, {}, exports['run'] as CoreFunction);
    const add = (own: boolean): number => user.handles.add({ type, rep: 5, own, scope: user.task, lends: 0 });
    await run.call([add(true)]);
    assert.deepEqual(heard, [5]);
    assert.equal(maker.mayEnter, true);
    await run.call([add(false)]);
    assert.deepEqual(heard, [5]);
    await assert.rejects(run.call([99]), { trap: 'abi', message: /unknown handle index 99/ });
  });
}
