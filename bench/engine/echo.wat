;; Bytes there and back: the guest gives the host 64 KiB and receives as many, over and over.
(component
  (import "echo" (func $echo (param "bytes" (list u8)) (result (list u8))))
  (core module $Memory
    (memory (export "memory") 3)
    ;; One value lives at a time: everything goes to one place, behind what the guest gives.
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0x10000)))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))
  (core func $echo' (canon lower (func $echo) (memory $mem) (realloc $realloc)))
  (core module $Main
    (import "memory" "memory" (memory 3))
    (import "host" "echo" (func $echo (param i32 i32 i32)))
    ;; Answers how many bytes came back altogether, and traps where the last one is not what was given.
    (func (export "run") (param $n i32) (result i64)
      (local $bytes i64)
      (loop $next
        (i32.store8 (i32.const 0xffff) (local.get $n))
        (call $echo (i32.const 0) (i32.const 0x10000) (i32.const 0x20000))
        (if (i32.ne (i32.load8_u (i32.const 0x1ffff)) (i32.and (local.get $n) (i32.const 255))) (then unreachable))
        (local.set $bytes (i64.add (local.get $bytes) (i64.extend_i32_u (i32.load (i32.const 0x20004)))))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $bytes)))
  (core instance $main (instantiate $Main
    (with "memory" (instance $memory))
    (with "host" (instance (export "echo" (func $echo'))))))
  (func (export "run") (param "n" u32) (result u64) (canon lift (core func $main "run"))))
