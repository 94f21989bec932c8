import { libc } from './fixture.ts';

/** The component of the README's examples: it greets by a name that the host finds. */
export const greeter = `
  (import "example:people/names@1.0.0" (instance $names
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
    (canon lift (core func $m "greet") (memory $memory) (realloc $realloc)))`;
