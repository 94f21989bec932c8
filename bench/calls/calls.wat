;; What one call of a host function costs. The guest loops, so that entering it is spread over many calls.
;; Each round of `run-get` passes a key of 16 bytes and gets a value of 16 bytes back, copied into its memory.
(component
  (type $host (instance
    (type (variant (case "missing") (case "broken" string)))
    (export "failure" (type (eq 0)))
    (type (list u8))
    (type (result 2 (error 1)))
    (export "get" (func (param "key" string) (result 3)))
    (export "add" (func (param "a" u32) (param "b" u32) (result u32)))))
  (import "bench:calls/host@0.1.0" (instance $host (type $host)))

  ;; The core module gets its memory from here, so that it exists before the imports are lowered.
  (core module $memory
    (memory (export "memory") 1)
    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      ;; One value lives at a time and it is small: everything goes to one place.
      (i32.const 4096)))

  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))
  (alias export $host "get" (func $get))
  (alias export $host "add" (func $add))
  (core func $get-lowered (canon lower (func $get) (memory $mem) (realloc $realloc)))
  (core func $add-lowered (canon lower (func $add)))

  (core module $main
    (import "memory" "memory" (memory 1))
    (import "host" "get" (func $get (param i32 i32 i32)))
    (import "host" "add" (func $add (param i32 i32) (result i32)))
    (data (i32.const 1024) "orders/000012345")

    ;; Gets `n` times. Answers how many bytes came back altogether.
    (func (export "run-get") (param $n i32) (result i32)
      (local $bytes i32)
      (block $done
        (loop $next
          (br_if $done (i32.eqz (local.get $n)))
          (call $get (i32.const 1024) (i32.const 16) (i32.const 2048))
          (if (i32.load8_u (i32.const 2048)) (then unreachable))
          (local.set $bytes (i32.add (local.get $bytes) (i32.load (i32.const 2056))))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $next)))
      (local.get $bytes))

    ;; Adds 3 `n` times. Answers the sum.
    (func (export "run-add") (param $n i32) (result i32)
      (local $sum i32)
      (block $done
        (loop $next
          (br_if $done (i32.eqz (local.get $n)))
          (local.set $sum (call $add (local.get $sum) (i32.const 3)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $next)))
      (local.get $sum)))

  (core instance $main (instantiate $main
    (with "memory" (instance $memory))
    (with "host" (instance
      (export "get" (func $get-lowered))
      (export "add" (func $add-lowered))))))
  (func (export "run-get") (param "n" u32) (result u32) (canon lift (core func $main "run-get")))
  (func (export "run-add") (param "n" u32) (result u32) (canon lift (core func $main "run-add"))))
