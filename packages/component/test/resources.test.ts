import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestResource } from '@spiderlightning/component';
import { compileText, pause, start } from './fixture.ts';

/** Opens things of the host, uses them, drops or forgets them. */
const client = `
  (import "test:host/things@1.0.0" (instance $things
    (export "thing" (type $thing (sub resource)))
    (export "open" (func (param "id" u32) (result (own $thing))))
    (export "[method]thing.id" (func (param "self" (borrow $thing)) (result u32)))
    (export "swallow" (func (param "it" (own $thing))))))
  (alias export $things "thing" (type $thing))
  (core func $open (canon lower (func $things "open")))
  (core func $id (canon lower (func $things "[method]thing.id")))
  (core func $swallow (canon lower (func $things "swallow")))
  (core func $drop (canon resource.drop $thing))
  (core module $M
    (import "h" "open" (func $open (param i32) (result i32)))
    (import "h" "id" (func $id (param i32) (result i32)))
    (import "h" "swallow" (func $swallow (param i32)))
    (import "h" "drop" (func $drop (param i32)))
    (func (export "use") (param i32) (result i32)
      (local $h i32)
      (local.set $h (call $open (local.get 0)))
      (local.set 0 (call $id (local.get $h)))
      (call $drop (local.get $h))
      (local.get 0))
    (func (export "keep") (param i32) (result i32) (call $open (local.get 0)))
    (func (export "give") (param i32) (result i32) (call $open (local.get 0)))
    (func (export "pass") (param i32) (call $swallow (call $open (local.get 0))))
    (func (export "look") (param i32) (result i32) (local $n i32)
      (local.set $n (call $id (local.get 0)))
      (call $drop (local.get 0))
      (local.get $n))
    (func (export "hold") (param i32) (result i32) (call $id (local.get 0)))
    (func (export "twice") (param i32)
      (local $h i32)
      (local.set $h (call $open (local.get 0)))
      (call $drop (local.get $h))
      (call $drop (local.get $h)))
    (func (export "crash") (param i32) (drop (call $open (local.get 0))) unreachable))
  (core instance $m (instantiate $M (with "h" (instance
    (export "open" (func $open)) (export "id" (func $id))
    (export "swallow" (func $swallow)) (export "drop" (func $drop))))))
  (func (export "use") (param "id" u32) (result u32) (canon lift (core func $m "use")))
  (func (export "keep") (param "id" u32) (result u32) (canon lift (core func $m "keep")))
  (func (export "pass") (param "id" u32) (canon lift (core func $m "pass")))
  (func (export "twice") (param "id" u32) (canon lift (core func $m "twice")))
  (func (export "crash") (param "id" u32) (canon lift (core func $m "crash")))
  (func $give (param "id" u32) (result (own $thing)) (canon lift (core func $m "give")))
  (func $look (param "it" (borrow $thing)) (result u32) (canon lift (core func $m "look")))
  (func $hold (param "it" (borrow $thing)) (result u32) (canon lift (core func $m "hold")))
  (component $Shim
    (import "thing" (type $thing (sub resource)))
    (import "give" (func $give (param "id" u32) (result (own $thing))))
    (import "look" (func $look (param "it" (borrow $thing)) (result u32)))
    (import "hold" (func $hold (param "it" (borrow $thing)) (result u32)))
    (export "give" (func $give))
    (export "look" (func $look))
    (export "hold" (func $hold)))
  (instance $out (instantiate $Shim (with "thing" (type $thing))
    (with "give" (func $give)) (with "look" (func $look)) (with "hold" (func $hold))))
  (export "test:guest/things@1.0.0" (instance $out))`;

class Thing {
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
}

const component = await compileText(client);

async function run(pace: (value: unknown) => unknown = (value) => value) {
  const log: string[] = [];
  const instance = await component.instantiate({
    'test:host/things@1.0.0': {
      open: (id: number) => pace(new Thing(id)),
      '[method]thing.id': (thing: Thing) => pace(thing.id),
      swallow(thing: Thing) {
        log.push(`swallowed ${thing.id}`);
        return pace(undefined);
      },
      '[drop]thing'(thing: Thing) {
        log.push(`dropped ${thing.id}`);
        return pace(undefined);
      },
    },
  });
  return { instance, log };
}

for (const how of ['its deadline', 'its signal', 'the end of its instance']) {
  test(`what comes after a call was given up by ${how} is dropped`, async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { instance, log } = await run((value) => promise.then(() => value));
    const given = new AbortController();
    const call = instance.call(
      'keep',
      [7],
      how === 'its deadline' ? { deadline: 1 } : { signal: given.signal },
    );
    if (how === 'its signal') given.abort();
    if (how === 'the end of its instance') instance.dispose();
    await assert.rejects(call, (error: any) => ['deadline', 'cancelled'].includes(error.trap));
    assert.deepEqual(log, []);
    resolve();
    await pause(0);
    assert.deepEqual(log, ['dropped 7']);
  });
}

for (const [what, pace] of [
  ['at once', undefined],
  ['later', pause],
] as const) {
  test(`a guest opens, uses and drops what its host gives ${what}`, async () => {
    const { instance, log } = await run(pace);
    assert.equal(await instance.call('use', [5]), 5);
    assert.equal(await instance.call('use', [6]), 6);
    assert.deepEqual(log, ['dropped 5', 'dropped 6']);
  });

  test(`what is passed back ${what} is the host's again and not dropped`, async () => {
    const { instance, log } = await run(pace);
    await instance.call('pass', [3]);
    const given = await instance.call('test:guest/things@1.0.0#give', [4]);
    assert.ok(given instanceof Thing && given.id === 4);
    instance.dispose();
    assert.deepEqual(log, ['swallowed 3']);
  });

  test(`what a guest keeps is dropped when its instance ends (${what})`, async () => {
    const { instance, log } = await run(pace);
    const first = await instance.call('keep', [1]);
    assert.notEqual(await instance.call('keep', [2]), first);
    await instance.call('use', [3]);
    assert.deepEqual(log.splice(0), ['dropped 3']);
    assert.deepEqual([...instance.held()], [['thing', 2]]);
    instance.dispose();
    assert.deepEqual([...instance.held()], []);
    instance.dispose();
    assert.deepEqual(log, ['dropped 1', 'dropped 2']);
  });

  test(`what a guest holds when it traps is dropped (${what})`, async () => {
    const { instance, log } = await run(pace);
    await instance.call('keep', [1]);
    await assert.rejects(instance.call('crash', [2]), { trap: 'unreachable' });
    assert.deepEqual(log, ['dropped 1', 'dropped 2']);
    instance.dispose();
    assert.equal(log.length, 2);
  });
}

test('a borrowed thing must be dropped before the call returns', async () => {
  const { instance, log } = await run();
  const thing = new Thing(9);
  assert.equal(await instance.call('test:guest/things@1.0.0#look', [thing]), 9);
  assert.deepEqual(log, []);
  await assert.rejects(instance.call('test:guest/things@1.0.0#hold', [thing]), {
    trap: 'abi',
    message: /borrow/,
  });
});

test('dropping twice is a trap', async () => {
  const { instance } = await run();
  await assert.rejects(instance.call('twice', [1]), { trap: 'abi', message: /handle/ });
});

test('what is no object is no thing of the host', async () => {
  const { instance } = await run();
  await assert.rejects(instance.call('test:guest/things@1.0.0#look', [7]), TypeError);
  assert.equal(instance.alive, true);
});

test('a failing [drop] of the host traps the guest that drops, and no one else', async () => {
  const imports = {
    open: (id: number) => new Thing(id),
    '[method]thing.id': (thing: Thing) => thing.id,
    swallow: () => undefined,
    '[drop]thing': () => {
      throw new Error('stuck');
    },
  };
  const instance = await component.instantiate({ 'test:host/things@1.0.0': imports });
  await instance.call('keep', [1]);
  await assert.rejects(instance.call('use', [2]), { trap: 'host-error', message: /drop.*stuck/ });
  instance.dispose();
});

/** Makes resources of its own: `rep` is what the host gave; the destructor tells the host. */
const maker = `
  (import "gone" (func $gone (param "rep" u32)))
  (core func $gone' (canon lower (func $gone)))
  (core module $D
    (import "h" "gone" (func $gone (param i32)))
    (func (export "dtor") (param i32) (call $gone (local.get 0))))
  (core instance $d (instantiate $D (with "h" (instance (export "gone" (func $gone'))))))
  (type $box (resource (rep i32) (dtor (core func $d "dtor"))))
  (core func $new (canon resource.new $box))
  (core func $rep (canon resource.rep $box))
  (core func $drop (canon resource.drop $box))
  (core module $M
    (import "h" "new" (func $new (param i32) (result i32)))
    (import "h" "rep" (func $rep (param i32) (result i32)))
    (import "h" "drop" (func $drop (param i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "peek") (param i32) (result i32) (local.get 0))
    (func (export "open") (param i32) (result i32) (local $n i32)
      (local.set $n (call $rep (local.get 0)))
      (call $drop (local.get 0))
      (local.get $n)))
  (core instance $m (instantiate $M (with "h" (instance
    (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
  (export $out "box" (type $box))
  (func (export "make") (param "rep" u32) (result (own $out)) (canon lift (core func $m "make")))
  (func (export "peek") (param "box" (borrow $out)) (result u32) (canon lift (core func $m "peek")))
  (func (export "open") (param "box" (own $out)) (result u32) (canon lift (core func $m "open")))`;

for (const [what, pace] of [
  ['at once', (value: unknown) => value],
  ['with a promise', pause],
] as const) {
  test(`a guest's resource goes to the host and back; its destructor may be answered ${what}`, async () => {
    const gone: number[] = [];
    const instance = await start(maker, {
      gone(rep: number) {
        gone.push(rep);
        return pace(undefined);
      },
    });
    const box: any = await instance.call('make', [11]);
    const other: any = await instance.call('make', [12]);
    assert.ok(box instanceof GuestResource);
    assert.equal(await instance.call('peek', [box]), 11);
    assert.equal(await instance.call('open', [box]), 11);
    assert.deepEqual(gone, [11]);
    await assert.rejects(instance.call('peek', [box]), TypeError);
    other.drop();
    other.drop();
    await instance.call('open', [await instance.call('make', [13])]);
    assert.deepEqual(gone, [11, 12, 13]);
    await assert.rejects(instance.call('peek', [other]), TypeError);
  });
}

test("one instance's resource is none of another's", async () => {
  const maken = await compileText(maker);
  const one = await maken.instantiate({ gone: () => {} });
  const two = await maken.instantiate({ gone: () => {} });
  const box = await one.call('make', [1]);
  await assert.rejects(two.call('peek', [box]), TypeError);
  assert.equal(await one.call('peek', [box]), 1);
});

/** A component that implements a resource and another that uses it. */
const pair = `
  (import "gone" (func $gone (param "rep" u32)))
  (component $Maker ${maker})
  (instance $maker (instantiate $Maker (with "gone" (func $gone))))
  (component $User
    (import "maker" (instance $maker
      (export "box" (type $box (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $box))))
      (export "peek" (func (param "box" (borrow $box)) (result u32)))
      (export "open" (func (param "box" (own $box)) (result u32)))))
    (alias export $maker "box" (type $box))
    (core func $make (canon lower (func $maker "make")))
    (core func $peek (canon lower (func $maker "peek")))
    (core func $open (canon lower (func $maker "open")))
    (core func $drop (canon resource.drop $box))
    (core module $M
      (import "h" "make" (func $make (param i32) (result i32)))
      (import "h" "peek" (func $peek (param i32) (result i32)))
      (import "h" "open" (func $open (param i32) (result i32)))
      (import "h" "drop" (func $drop (param i32)))
      (func (export "run") (param i32) (result i32)
        (local $a i32) (local $b i32)
        (local.set $a (call $make (local.get 0)))
        (local.set $b (call $make (i32.const 100)))
        (call $drop (local.get $b))
        (i32.add (call $peek (local.get $a)) (call $open (local.get $a)))))
    (core instance $m (instantiate $M (with "h" (instance
      (export "make" (func $make)) (export "peek" (func $peek))
      (export "open" (func $open)) (export "drop" (func $drop))))))
    (func (export "run") (param "rep" u32) (result u32) (canon lift (core func $m "run"))))
  (instance $user (instantiate $User (with "maker" (instance $maker))))
  (export "run" (func $user "run"))`;

for (const [what, pace] of [
  ['at once', (value: unknown) => value],
  ['with a promise', pause],
] as const) {
  test(`a resource of one component serves another; destructors are answered ${what}`, async () => {
    const gone: number[] = [];
    const instance = await start(pair, {
      gone(rep: number) {
        gone.push(rep);
        return pace(undefined);
      },
    });
    assert.deepEqual(await Promise.all([instance.call('run', [21]), instance.call('run', [4])]), [42, 8]);
    assert.deepEqual(gone, [100, 21, 100, 4]);
  });
}
