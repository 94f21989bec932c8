import assert from 'node:assert/strict';
import { test } from 'node:test';
import { libc, start } from './fixture.ts';

test("the README's example does what it says", async () => {
  const instance = await start(
    `(import "example:people/names@1.0.0" (instance $names
       (export "find" (func (param "id" u32) (result string)))))
     ${libc}
     (core func $find (canon lower (func $names "find") (memory $memory) (realloc $realloc)))
     (core module $M
       (import "h" "find" (func $find (param i32 i32)))
       (func (export "greet") (param i32) (result i32)
         (call $find (local.get 0) (i32.const 16))
         (i32.const 16)))
     (core instance $m (instantiate $M (with "h" (instance (export "find" (func $find))))))
     (func (export "greet") (param "id" u32) (result string)
       (canon lift (core func $m "greet") (memory $memory) (realloc $realloc)))`,
    { 'example:people/names@1.0.0': { find: async (id: number) => `person ${id}` } },
    { memory: 64 * 1024 * 1024 },
  );
  assert.equal(await instance.call('greet', [7], { deadline: 1_000, cpu: 200 }), 'person 7');
  instance.dispose();
});
