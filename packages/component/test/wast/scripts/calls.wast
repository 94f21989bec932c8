;; Calls from component to component: what gets through, and what does not.

;; An exception ends at the edge of the component that threw it.
(component
  (component $Thrower
    (core module $M
      (tag $t)
      (func (export "throw") (throw $t))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (throw $t))
      (memory (export "memory") 1)
      (func (export "take") (param i32 i32)))
    (core instance $m (instantiate $M))
    (func (export "throw") (canon lift (core func $m "throw")))
    (func (export "take") (param "text" string)
      (canon lift (core func $m "take") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (component $Catcher
    (import "throw" (func $throw))
    (import "take" (func $take (param "text" string)))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (core func $throw' (canon lower (func $throw)))
    (core func $take' (canon lower (func $take) (memory (core memory $memory "memory"))))
    (core module $M
      (import "" "throw" (func $throw))
      (import "" "take" (func $take (param i32 i32)))
      (func (export "throw")
        (block $caught (try_table (catch_all $caught) (call $throw))))
      (func (export "take")
        (block $caught (try_table (catch_all $caught) (call $take (i32.const 0) (i32.const 1))))))
    (core instance $m (instantiate $M
      (with "" (instance (export "throw" (func $throw')) (export "take" (func $take'))))))
    (func (export "throw") (canon lift (core func $m "throw")))
    (func (export "take") (canon lift (core func $m "take"))))
  (instance $thrower (instantiate $Thrower))
  (instance $catcher (instantiate $Catcher
    (with "throw" (func $thrower "throw")) (with "take" (func $thrower "take"))))
  (func (export "throw") (alias export $catcher "throw"))
  (func (export "take") (alias export $catcher "take")))
(assert_trap (invoke "throw") "uncaught exception propagated out of component")

;; Lowered asynchronously, a function that is over when it returns says so.
(component
  (component $Callee
    (core module $M
      (memory (export "memory") 1)
      (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))
    (core instance $m (instantiate $M))
    (func (export "double") (param "x" u32) (result u32) (canon lift (core func $m "double"))))
  (component $Caller
    (import "double" (func $double (param "x" u32) (result u32)))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (core func $double' (canon lower (func $double) async (memory (core memory $memory "memory"))))
    (core module $M
      (import "" "memory" (memory 1))
      (import "" "double" (func $double (param i32 i32) (result i32)))
      (func (export "run") (result i32)
        (if (i32.ne (call $double (i32.const 21) (i32.const 8)) (i32.const 2)) (then unreachable))
        (i32.load (i32.const 8))))
    (core instance $m (instantiate $M (with "" (instance
      (export "memory" (memory $memory "memory")) (export "double" (func $double'))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $callee (instantiate $Callee))
  (instance $caller (instantiate $Caller (with "double" (func $callee "double"))))
  (func (export "run") (alias export $caller "run")))
(assert_return (invoke "run") (u32.const 42))

;; An instance that trapped answers no more.
(component
  (core module $M (func (export "trap") unreachable) (func (export "ok")))
  (core instance $m (instantiate $M))
  (func (export "trap") (canon lift (core func $m "trap")))
  (func (export "ok") (canon lift (core func $m "ok"))))
(assert_return (invoke "ok"))
(assert_trap (invoke "trap") "unreachable")
(assert_trap (invoke "ok") "The instance trapped before")
