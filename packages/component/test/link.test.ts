import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile, ComponentError } from '@spiderlightning/component';
import type { HostImports } from '@spiderlightning/component';
import { assemble } from '../../../test/guests/wat.ts';
import { compileText, libc, pause, start } from './fixture.ts';

/** The bytes of a component before its custom sections, which the assembler puts at the end. */
function withoutCustom(bytes: Uint8Array): Uint8Array {
  let at = 8;
  while (bytes[at] !== undefined && bytes[at] !== 0) {
    let size = 0;
    let byte = 0x80;
    for (let shift = 0; byte >= 0x80; shift += 7) size |= ((byte = bytes[++at]!) & 0x7f) << shift;
    at += 1 + size;
  }
  return bytes.subarray(0, at);
}

const adder = `
  (import "test:host/math@0.2.3" (instance $math
    (export "add" (func (param "a" u32) (param "b" u32) (result u32)))
    (export "half" (func (param "a" u32) (result u32)))))
  (import "log" (func $log (param "n" u32)))
  (core func $add (canon lower (func $math "add")))
  (core func $log' (canon lower (func $log)))
  (core module $M
    (import "h" "add" (func $add (param i32 i32) (result i32)))
    (import "h" "log" (func $log (param i32)))
    (func (export "run") (param i32) (result i32)
      (call $log (local.get 0))
      (call $add (local.get 0) (i32.const 1))))
  (core instance $m (instantiate $M (with "h" (instance (export "add" (func $add)) (export "log" (func $log'))))))
  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $m "run")))`;

const math = { add: (a: number, b: number) => a + b, half: (a: number) => a >> 1 };
const log = (): void => {};

async function refusal(imports: HostImports): Promise<ComponentError> {
  const component = await compileText(adder);
  return component.instantiate(imports).then(
    () => assert.fail('instantiated'),
    (error) => {
      assert.ok(error instanceof ComponentError);
      return error;
    },
  );
}

test('what a component imports and exports is told as data', async () => {
  const component = await compileText(adder);
  assert.deepEqual(component.imports, [
    { kind: 'instance', name: 'test:host/math@0.2.3', functions: ['add', 'half'] },
    { kind: 'func', name: 'log', async: false },
  ]);
  assert.deepEqual(component.exports, [{ kind: 'func', name: 'run', async: false }]);
});

test('all missing imports are named at once, in order', async () => {
  const error = await refusal({});
  assert.equal(error.code, 'missing-import');
  assert.deepEqual(error.imports, ['test:host/math@0.2.3', 'log']);
});

test('of an interface that is partly there the missing function is named', async () => {
  const error = await refusal({ 'test:host/math@0.2.3': { add: math.add }, log });
  assert.deepEqual(error.imports, ['test:host/math@0.2.3#half']);
});

test('an import that is no function is a link error', async () => {
  assert.equal((await refusal({ 'test:host/math@0.2.3': { ...math, half: 7 as never }, log })).code, 'link');
  assert.equal((await refusal({ 'test:host/math@0.2.3': math, log: {} })).code, 'link');
  assert.equal((await refusal({ 'test:host/math@0.2.3': log, log })).code, 'link');
});

test('names on the prototype of the imports serve nothing', async () => {
  const imports = Object.create({ log, 'test:host/math@0.2.3': math });
  assert.deepEqual((await refusal(imports)).imports, ['test:host/math@0.2.3', 'log']);
});

test('what every object has by birth is not a function of the host', async () => {
  const component = await compileText(
    '(import "test:host/x@1.0.0" (instance (export "constructor" (func (param "n" u32)))))',
  );
  await assert.rejects(component.instantiate({ 'test:host/x@1.0.0': {} }), { code: 'missing-import' });
  await component.instantiate({ 'test:host/x@1.0.0': { constructor: () => {} } as never });
});

for (const [version, fits] of [
  ['0.2.0', true],
  ['0.2.99', true],
  ['0.3.0', false],
  ['0.1.9', false],
  ['1.2.3', false],
  ['0.2.4-rc.1', false],
] as const) {
  test(`an import of 0.2.3 is ${fits ? '' : 'not '}served by ${version}`, async () => {
    const imports = { [`test:host/math@${version}`]: math, log };
    if (fits) {
      const instance = await (await compileText(adder)).instantiate(imports);
      assert.equal(instance.callSync('run', [4]), 5);
    } else assert.deepEqual((await refusal(imports)).imports, ['test:host/math@0.2.3']);
  });
}

test('an exact version is preferred, else the newest compatible one', async () => {
  const component = await compileText(adder);
  const answering = (answer: number) => ({ ...math, add: () => answer });
  const exact = { 'test:host/math@0.2.9': answering(9), 'test:host/math@0.2.3': answering(3), log };
  assert.equal((await component.instantiate(exact)).callSync('run', [0]), 3);
  const newer = { 'test:host/math@0.2.9': answering(9), 'test:host/math@0.2.10': answering(10), log };
  assert.equal((await component.instantiate(newer)).callSync('run', [0]), 10);
});

test('instances of one component share nothing', async () => {
  const component = await compileText(`
    (core module $M
      (global $count (mut i32) (i32.const 0))
      (func (export "next") (result i32)
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (global.get $count)))
    (core instance $m (instantiate $M))
    (func (export "next") (result u32) (canon lift (core func $m "next")))`);
  const [one, two] = await Promise.all([component.instantiate({}), component.instantiate({})]);
  assert.deepEqual([one.callSync('next', []), one.callSync('next', []), two.callSync('next', [])], [1, 2, 1]);
});

test('host functions of an instance close over what is private to it', async () => {
  const component = await compileText(adder);
  const seen: string[] = [];
  for (const name of ['one', 'two']) {
    const imports = { 'test:host/math@0.2.3': math, log: () => void seen.push(name) };
    (await component.instantiate(imports)).callSync('run', [1]);
  }
  assert.deepEqual(seen, ['one', 'two']);
});

/** A component that asks another, which asks the host: text both ways. */
const chain = `
  (import "ask" (func $ask (param "question" string) (result string)))
  (component $Inner
    (import "ask" (func $ask (param "question" string) (result string)))
    ${libc}
    (core func $ask' (canon lower (func $ask) (memory $memory) (realloc $realloc)))
    (core module $M
      (import "libc" "memory" (memory 1))
      (import "h" "ask" (func $ask (param i32 i32 i32)))
      (func (export "relay") (param i32 i32) (result i32)
        (call $ask (local.get 0) (local.get 1) (i32.const 16))
        (i32.const 16)))
    (core instance $m (instantiate $M (with "libc" (instance $libc)) (with "h" (instance (export "ask" (func $ask'))))))
    (func (export "relay") (param "question" string) (result string)
      (canon lift (core func $m "relay") (memory $memory) (realloc $realloc))))
  (instance $one (instantiate $Inner (with "ask" (func $ask))))
  (instance $two (instantiate $Inner (with "ask" (func $one "relay"))))
  (instance $three (instantiate $Inner (with "ask" (func $two "relay"))))
  (export "relay" (func $three "relay"))
  (export "test:deep/relay@1.0.0" (instance $three))`;

test('components call one another, each with its own memory', async () => {
  const instance = await start(chain, { ask: (question: string) => `${question} – größer 😀` });
  assert.equal(instance.callSync('relay', ['wie?']), 'wie? – größer 😀');
  assert.equal(await instance.call('test:deep/relay@1.4.2#relay', ['und?']), 'und? – größer 😀');
});

test('a component below others waits for the host', async () => {
  const instance = await start(chain, { ask: (question: string) => pause(`${question}!`) });
  const questions = ['a', 'bb', 'ccc', 'x'.repeat(5000)];
  const answers = await Promise.all(questions.map((question) => instance.call('relay', [question])));
  assert.deepEqual(
    answers,
    questions.map((question) => `${question}!`),
  );
});

test('a trap below others ends the whole instance', async () => {
  const instance = await start(chain, {
    ask: () => {
      throw new Error('no idea');
    },
  });
  await assert.rejects(instance.call('relay', ['?']), { trap: 'host-error', message: /ask.*no idea/ });
  assert.equal(instance.alive, false);
});

test('modules are passed to nested components, and taken from outer ones', async () => {
  const instance = await start(`
    (core module $Seven (func (export "n") (result i32) (i32.const 7)))
    (component $Uses
      (import "m" (core module $M (export "n" (func (result i32)))))
      (core instance $m (instantiate $M))
      (func (export "n") (result u32) (canon lift (core func $m "n"))))
    (component $Takes
      (alias outer 1 $Seven (core module $M))
      (core instance $m (instantiate $M))
      (func (export "n") (result u32) (canon lift (core func $m "n"))))
    (instance $a (instantiate $Uses (with "m" (core module $Seven))))
    (instance $b (instantiate $Takes))
    (export "a" (func $a "n"))
    (export "b" (func $b "n"))`);
  assert.deepEqual([instance.callSync('a', []), instance.callSync('b', [])], [7, 7]);
});

test('a core start function runs, and may wait for the host', async () => {
  const instance = await start(
    `(import "seed" (func $seed (result u32)))
     (core func $seed' (canon lower (func $seed)))
     (core module $M
       (import "h" "seed" (func $seed (result i32)))
       (global $n (mut i32) (i32.const 0))
       (func $init (global.set $n (call $seed)))
       (func (export "n") (result i32) (global.get $n))
       (start $init))
     (core instance $m (instantiate $M (with "h" (instance (export "seed" (func $seed'))))))
     (func (export "n") (result u32) (canon lift (core func $m "n")))`,
    { seed: () => pause(42) },
  );
  assert.equal(instance.callSync('n', []), 42);
});

test('a start function that traps or loops fails the instantiation', async () => {
  const starting = (body: string) =>
    compileText(`(core module $M (func $init ${body}) (start $init)) (core instance (instantiate $M))`);
  await assert.rejects((await starting('unreachable')).instantiate({}), { trap: 'unreachable' });
  await assert.rejects((await starting('(loop (br 0))')).instantiate({}, { cpu: 30 }), (error: any) =>
    ['cpu', 'deadline'].includes(error.trap),
  );
});

test("a component's start function runs once all before it is there", async () => {
  const body = `
    (import "ready" (func $ready))
    (core func $ready' (canon lower (func $ready)))
    (core module $M (import "h" "ready" (func $ready)) (func (export "go") (call $ready)))
    (core instance $m (instantiate $M (with "h" (instance (export "ready" (func $ready'))))))
    (func $go (canon lift (core func $m "go")))`;
  const bytes = await assemble(`(component ${body})`);
  // Text has no form for it yet: function 1, no arguments, no results.
  const component = await compile(Uint8Array.from([...withoutCustom(bytes), 0x09, 0x03, 0x01, 0x00, 0x00]));
  const seen: string[] = [];
  await component.instantiate({ ready: () => pause(seen.push('ready')) });
  assert.deepEqual(seen, ['ready']);
});

test('a resource of the world itself is served by names at the top', async () => {
  const log: string[] = [];
  const instance = await start(
    `(import "thing" (type $thing (sub resource)))
     (import "[constructor]thing" (func $new (param "n" u32) (result (own $thing))))
     (import "[method]thing.n" (func $n (param "self" (borrow $thing)) (result u32)))
     (core func $new' (canon lower (func $new)))
     (core func $n' (canon lower (func $n)))
     (core func $drop (canon resource.drop $thing))
     (core module $M
       (import "h" "new" (func $new (param i32) (result i32)))
       (import "h" "n" (func $n (param i32) (result i32)))
       (import "h" "drop" (func $drop (param i32)))
       (func (export "run") (param i32) (result i32)
         (local $h i32)
         (local.set $h (call $new (local.get 0)))
         (local.set 0 (call $n (local.get $h)))
         (call $drop (local.get $h))
         (local.get 0)))
     (core instance $m (instantiate $M (with "h" (instance
       (export "new" (func $new')) (export "n" (func $n')) (export "drop" (func $drop))))))
     (func (export "run") (param "n" u32) (result u32) (canon lift (core func $m "run")))`,
    {
      '[constructor]thing': (n: number) => ({ n }),
      '[method]thing.n': (thing: { n: number }) => thing.n,
      '[drop]thing': (thing: { n: number }) => void log.push(`dropped ${thing.n}`),
    },
  );
  assert.equal(await instance.call('run', [6]), 6);
  assert.deepEqual(log, ['dropped 6']);
});

test('built-ins that the engine lacks link, and trap when they are called', async () => {
  const instance = await start(`
    (core func $new (canon waitable-set.new))
    (core module $M
      (import "h" "new" (func $new (result i32)))
      (func (export "fine") (result i32) (i32.const 1))
      (func (export "run") (result i32) (call $new)))
    (core instance $m (instantiate $M (with "h" (instance (export "new" (func $new))))))
    (func (export "fine") (result u32) (canon lift (core func $m "fine")))
    (func (export "run") (result u32) (canon lift (core func $m "run")))`);
  assert.equal(instance.callSync('fine', []), 1);
  await assert.rejects(instance.call('run', []), { trap: 'abi', message: /waitable-set\.new/ });
});

test('a function of the host is passed through as an export', async () => {
  const instance = await start('(import "f" (func $f (param "n" u32) (result u32))) (export "g" (func $f))', {
    f: (n: number) => pause(n + 1),
  });
  assert.equal(await instance.call('g', [1]), 2);
});

test('a name that is not exported is answered with those that are', async () => {
  const instance = await start(adder, { 'test:host/math@0.2.3': math, log });
  await assert.rejects(instance.call('walk', []), {
    name: 'TypeError',
    message: /no function "walk".*exports run/,
  });
  assert.throws(() => instance.callSync('walk', []), TypeError);
  assert.throws(() => instance.bind('walk'), TypeError);
  assert.equal(await instance.bind('run')([1]), 2);
});

test('a type that does not fit is named, and where it differs', async () => {
  await assert.rejects(
    compileText(`
      (import "given" (func $given (param "at" (tuple u8 char)) (result u32)))
      (component $c (import "dep" (func (param "at" (tuple u8 string)) (result u32))))
      (instance (instantiate $c (with "dep" (func $given))))`),
    /The argument "dep" is a function of another type: .* `at`: it is tuple<u8, char>, but tuple<u8, string> is needed: .*expected string, found char/,
  );
  await assert.rejects(
    compileText(`
      (type $given (list u8))
      (component $c (type $byte u8) (import "dep" (type (eq $byte))))
      (instance (instantiate $c (with "dep" (type $given))))`),
    /The argument "dep" is another type than the one that is needed: list<u8>, not u8/,
  );
});
