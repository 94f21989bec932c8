;; Core modules as exports of one component and imports of another, with types.

(component $lib
  (core module (export "m")
    (import "env" "base" (global i32))
    (memory (export "memory") 2 4)
    (table (export "table") 3 funcref)
    (global (export "counter") (mut i32) (i32.const 7))
    (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (global.get 0)))))

(component
  (import "lib" (instance $lib
    (export "m" (core module
      (import "env" "base" (global i32))
      (import "env" "not-needed" (func))
      (export "memory" (memory 1))
      (export "table" (table 2 funcref))
      (export "add" (func (param i32) (result i32)))))))
  (core module $Env
    (global (export "base") i32 (i32.const 40))
    (func (export "not-needed")))
  (core instance $env (instantiate $Env))
  (core instance $m (instantiate (module $lib "m") (with "env" (instance $env))))
  (func (export "add") (param "x" u32) (result u32) (canon lift (core func $m "add"))))
(assert_return (invoke "add" (u32.const 2)) (u32.const 42))

;; Handed on to an inner component, a module is checked against what that asks for.
(component
  (import "lib" (instance $lib
    (export "m" (core module
      (import "env" "base" (global i32))
      (export "add" (func (param i32) (result i32)))))))
  (component $Inner
    (import "m" (core module $m
      (import "env" "base" (global i32))
      (export "add" (func (param i32) (result i32)))))
    (core module $Env (global (export "base") i32 (i32.const 1)))
    (core instance $env (instantiate $Env))
    (core instance $i (instantiate $m (with "env" (instance $env))))
    (func (export "add") (param "x" u32) (result u32) (canon lift (core func $i "add"))))
  (instance $inner (instantiate $Inner (with "m" (core module $lib "m"))))
  (func (export "add") (alias export $inner "add")))
(assert_return (invoke "add" (u32.const 2)) (u32.const 3))

(assert_invalid
  (component
    (import "m" (core module $m (export "f" (func))))
    (component $Inner (import "m" (core module (export "f" (func (param i32))))))
    (instance (instantiate $Inner (with "m" (core module $m)))))
  "module export `f` has the wrong type: expected type `(func (param i32))`, found type `(func)`")
(assert_unlinkable
  (component (import "lib" (instance (export "m" (core module)))))
  "module import `env::base` not defined")
(assert_unlinkable
  (component (import "lib" (instance (export "m" (core module
    (import "env" "base" (global i64)))))))
  "module import `env::base` has the wrong type: expected type `(global i32)`, found type `(global i64)`")
(assert_unlinkable
  (component (import "lib" (instance (export "m" (core module
    (import "env" "base" (global i32)) (export "memory" (memory 2 3)))))))
  "module export `memory` has the wrong type: expected type `(memory 2 3)`, found type `(memory 2 4)`")
(assert_unlinkable (component (import "lib" (core module))) "expected module found instance")
(assert_unlinkable (component (import "lib" (func))) "expected function found instance")
(assert_unlinkable (component (import "nobody" (core module))) "was not found")
