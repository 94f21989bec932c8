import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildCGuest, clangMissing } from '../../../../test/guests/clang.ts';
import { buildQuickjsGuest } from '../../../../test/guests/quickjs.ts';
import { assemble } from '../../../../test/guests/wat.ts';
import { libc } from '../fixture.ts';

/** A component that works, to be broken. */
export interface Subject {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Nested components, resources, an alias outwards, inline instances, an asynchronous export, a core start function. */
const nested = `(component
  (type $failure (variant (case "missing") (case "broken" string)))
  (type $pair (record (field "left" u32) (field "right" (option (tuple u8 f64 char)))))
  (type $mode (flags "read" "write"))
  (type $kind (enum "one" "two"))
  (import "host" (instance $host
    (export "thing" (type $thing (sub resource)))
    (export "make" (func (result (own $thing))))
    (export "look" (func (param "thing" (borrow $thing)) (result u64)))))
  (import "now" (func $now (result u64)))
  ${libc}
  (component $inner
    (import "now" (func $now (result u64)))
    (core func $now' (canon lower (func $now)))
    (type $own' (resource (rep i32)))
    (core func $new (canon resource.new $own'))
    (core func $drop (canon resource.drop $own'))
    (core module $M
      (import "h" "now" (func $now (result i64)))
      (import "h" "new" (func $new (param i32) (result i32)))
      (import "h" "drop" (func $drop (param i32)))
      (global $count (mut i32) (i32.const 0))
      (func $begin (global.set $count (i32.const 1)))
      (start $begin)
      (func (export "make") (result i32) (call $new (global.get $count)))
      (func (export "let-go") (call $drop (call $new (i32.const 2))))
      (func (export "time") (result i64) (call $now)))
    (core instance $m (instantiate $M (with "h" (instance
      (export "now" (func $now')) (export "new" (func $new)) (export "drop" (func $drop))))))
    (export $own "own" (type $own'))
    (func (export "make") (result (own $own)) (canon lift (core func $m "make")))
    (func (export "let-go") (canon lift (core func $m "let-go")))
    (func (export "time") (result u64) (canon lift (core func $m "time"))))
  (instance $i (instantiate $inner (with "now" (func $now))))
  (alias export $i "time" (func $time))
  (core func $time' (canon lower (func $time)))
  (core func $return (canon task.return))
  (core module $Main
    (import "libc" "memory" (memory 1))
    (import "h" "time" (func $time (result i64)))
    (import "h" "return" (func $return))
    (data (i32.const 16) "hello")
    (table 2 funcref)
    (elem (i32.const 0) $greet)
    (func $greet (export "greet") (param i32 i32) (result i32)
      (i32.store (i32.const 32) (i32.const 16)) (i32.store (i32.const 36) (i32.const 5)) (i32.const 32))
    (func (export "spin") (loop $again (drop (call $time)) (br $again)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "begin") (result i32) (call $return) (i32.const 0))
    (func (export "again") (param i32 i32 i32) (result i32) (i32.const 0)))
  (core instance $main (instantiate $Main (with "libc" (instance $libc)) (with "h" (instance
    (export "time" (func $time')) (export "return" (func $return))))))
  (func $greet (param "name" string) (result string)
    (canon lift (core func $main "greet") (memory $memory) (realloc $realloc)))
  (instance $greeter (export "greet" (func $greet)))
  (export "test:fuzz/greeter@1.0.0" (instance $greeter))
  (func (export "spin") (canon lift (core func $main "spin")))
  (func (export "grow") (param "pages" u32) (result s32) (canon lift (core func $main "grow")))
  (func (export "wait") async (canon lift (core func $main "begin") async (callback (core func $main "again"))))
  (export "inner" (instance $i)))`;

const quickjs = {
  wit: `package test:fuzz;
    interface shelf { resource book { constructor(title: string); read: func(page: u32) -> result<string, string>; } }
    world guest { import shelf; export run: func(titles: list<string>) -> u32; }`,
  source: `import { Book } from 'test:fuzz/shelf';
    export const run = (titles) => titles.map((title) => new Book(title).read(1)).length;`,
};

/** Components of all makes: by hand, of C (where it can be compiled here), of JavaScript. */
export async function loadSubjects(): Promise<Subject[]> {
  const calls = await readFile(join(import.meta.dirname, '../../../../bench/calls/calls.wat'), 'utf8');
  const made: readonly (readonly [string, () => Promise<Uint8Array>])[] = [
    ['nested', () => assemble(nested)],
    ['calls', () => assemble(calls)],
    ['quickjs', () => buildQuickjsGuest(quickjs.wit, quickjs.source)],
    ...(clangMissing === false
      ? (['wasi', 'state', 'keyvalue'] as const).map((name) => [name, () => buildCGuest(name)] as const)
      : []),
  ];
  return Promise.all(made.map(async ([name, make]) => ({ name, bytes: await make() })));
}
