import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileType } from '../abi/compile.ts';
import { bindResourceDrop } from '../abi/fused.ts';
import { createContext } from '../abi/memory.ts';
import type { InstanceContext, ResourceType } from '../abi/model.ts';
import { GuestResource } from './guest-resource.ts';
import { createTask, getResourceRep, HandleTable, newResource, releaseHandle } from './handles.ts';

const options = { encoding: 'utf8', async: false } as const;

function createInstance(): InstanceContext {
  const store = {
    suspendable: false,
    interrupt: undefined,
    onWait: undefined,
    onResume: undefined,
    onCall: undefined,
    calledHost: false,
  };
  const handles = new HandleTable();
  return {
    store,
    parent: undefined,
    handles,
    resources: [],
    mayEnter: true,
    mayLeave: true,
    task: createTask(),
  };
}

function define(name: string, owner?: InstanceContext): ResourceType {
  return { name, owner, generation: 0, drop: undefined };
}

function setUp() {
  const instance = createInstance();
  const ours = define('counter', instance);
  const hosts = define('bucket');
  const foreign = define('parcel', createInstance());
  instance.resources.push(ours, hosts, foreign);
  const cx = createContext(instance, options, {});
  const own = (slot: number) => compileType({ kind: 'own', resource: slot }, 'utf8');
  const borrow = (slot: number) => compileType({ kind: 'borrow', resource: slot }, 'utf8');
  return { instance, ours, hosts, foreign, cx, own, borrow };
}

test('indexes begin at 1; the last freed is used first', () => {
  const { instance, hosts } = setUp();
  const { handles } = instance;
  const add = (): number => handles.add({ type: hosts, rep: {}, own: true, scope: undefined, lends: 0 });
  assert.deepEqual([add(), add(), add()], [1, 2, 3]);
  handles.remove(1);
  handles.remove(2);
  assert.deepEqual([add(), add(), add()], [2, 1, 4]);
  assert.equal(handles.size, 4);
  assert.equal(handles.clear().length, 4);
  assert.equal(handles.size, 0);
  assert.equal(add(), 1);
});

test('an index that is not there, or of another type, traps', () => {
  const { instance, ours, hosts } = setUp();
  const index = newResource(instance, ours, 42);
  assert.equal(getResourceRep(instance, ours, index), 42);
  for (const bad of [0, 2, -1, 2 ** 28]) {
    assert.throws(() => instance.handles.get(bad, ours), { trap: 'abi', message: /unknown handle index/ });
  }
  assert.throws(() => instance.handles.get(index, hosts), {
    trap: 'abi',
    message: /expected host-defined resource but found a guest-defined resource: bucket and counter/,
  });
});

test('an own handle moves: from the guest to the host and back', () => {
  const { instance, ours, cx, own } = setUp();
  const index = newResource(instance, ours, 7);
  const value = own(0).lift1!(cx, index);
  assert.ok(value instanceof GuestResource);
  assert.equal(instance.handles.size, 0);
  assert.throws(() => own(0).lift1!(cx, index), { trap: 'abi' });
  assert.equal(own(0).check(cx, value), undefined);
  const again = own(0).lower1!(cx, value);
  assert.equal(getResourceRep(instance, ours, again), 7);
  assert.match(own(0).check(cx, value)!, /dropped or passed on/);
  assert.throws(() => own(0).lower1!(cx, value), TypeError);
});

test("a host's resource is the host's object", () => {
  const { instance, hosts, cx, own, borrow } = setUp();
  const bucket = { name: 'a bucket' };
  const index = own(1).lower1!(cx, bucket);
  assert.equal(borrow(1).lift1!(cx, index), bucket);
  assert.equal(instance.handles.get(index, hosts).lends, 1);
  cx.loans.release();
  assert.equal(own(1).lift1!(cx, index), bucket);
  assert.match(own(1).check(cx, undefined)!, /expected the host's bucket/);
  assert.match(own(0).check(cx, bucket)!, /expected a counter of the guest/);
});

test('what is lent can neither be passed on nor dropped before the call ends', () => {
  const { instance, ours, cx, own, borrow } = setUp();
  const index = newResource(instance, ours, 7);
  const shown = borrow(0).lift1!(cx, index) as GuestResource;
  assert.throws(() => own(0).lift1!(cx, index), { trap: 'abi', message: /lent/ });
  assert.throws(() => releaseHandle(instance, ours, index), { trap: 'abi', message: /lent/ });
  assert.match(own(0).check(cx, shown)!, /borrowed/);
  assert.equal(borrow(0).check(cx, shown), undefined);
  cx.loans.release();
  assert.match(borrow(0).check(cx, shown)!, /dropped or passed on/);
  assert.equal(releaseHandle(instance, ours, index)?.rep, 7);
});

test('a borrowed handle counts against its call, and cannot be given away', () => {
  const { instance, hosts, cx, own, borrow } = setUp();
  const index = borrow(1).lower1!(cx, {});
  assert.equal(instance.task.borrows, 1);
  assert.throws(() => own(1).lift1!(cx, index), { trap: 'abi', message: /borrowed, not owned/ });
  assert.equal(releaseHandle(instance, hosts, index), undefined);
  assert.equal(instance.task.borrows, 0);
});

test('the implementer of a resource borrows its representation, others a handle', () => {
  const { instance, ours, foreign, cx, borrow } = setUp();
  assert.equal(borrow(0).lower1!(cx, new GuestResource(ours, 99, true)), 99);
  assert.equal(instance.handles.size, 0);
  const index = borrow(2).lower1!(cx, new GuestResource(foreign, 99, true));
  assert.equal(instance.handles.get(index, foreign).rep, 99);
  assert.match(borrow(0).check(cx, new GuestResource(foreign, 1, true))!, /of another type/);
});

test('in realloc and post-return resources are neither made nor dropped', () => {
  const { instance, ours } = setUp();
  const index = newResource(instance, ours, 1);
  instance.mayLeave = false;
  assert.throws(() => newResource(instance, ours, 1), { trap: 'abi', message: /cannot leave/ });
  assert.throws(() => releaseHandle(instance, ours, index), { trap: 'abi', message: /cannot leave/ });
});

test('the host hears of what the guest drops; what it throws is a trap', () => {
  const { instance, hosts, cx, own, borrow } = setUp();
  const dropped: unknown[] = [];
  hosts.drop = (object) => dropped.push(object);
  const { start } = bindResourceDrop(instance, hosts).imports as { start: (index: number) => void };
  const bucket = {};
  start(own(1).lower1!(cx, bucket));
  start(borrow(1).lower1!(cx, bucket));
  assert.deepEqual(dropped, [bucket]);
  hosts.drop = () => {
    throw new Error('stuck');
  };
  assert.throws(() => start(own(1).lower1!(cx, bucket)), {
    trap: 'host-error',
    message: /\[drop\]bucket failed: stuck/,
  });
});

test('the host drops a resource of a guest once', () => {
  const { ours } = setUp();
  const dropped: number[] = [];
  ours.drop = (rep: number) => dropped.push(rep);
  {
    using resource = new GuestResource(ours, 5, true);
    resource.drop();
  }
  new GuestResource(ours, 6, false).drop();
  assert.deepEqual(dropped, [5]);
});
