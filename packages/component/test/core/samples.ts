/**
 * Core modules that between them use every shape of immediate that the scanner steps over. Those with `run` give the
 * same results before and after the rewriting; the others only have to stay valid.
 */
export interface Sample {
  readonly name: string;
  readonly wat: string;
  /** Exports that take one i32 and give an integer. */
  readonly run?: readonly string[];
}

export const SAMPLES: readonly Sample[] = [
  {
    name: 'loops, branches, blocks with results and parameters',
    run: ['sum', 'table', 'params'],
    wat: `(module
      (func $leaf (param i32) (result i32) (i32.xor (local.get 0) (i32.const 0x55)))
      (func (export "sum") (param i32) (result i32) (local i32 i64 f32)
        (local.set 0 (i32.and (local.get 0) (i32.const 63)))
        (loop $outer (result i32)
          (local.set 1 (i32.add (local.get 1) (call $leaf (call $leaf (local.get 0)))))
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (br_if $outer (i32.gt_s (local.get 0) (i32.const 0)))
          (local.get 1)))
      (func (export "table") (param i32) (result i32)
        (block $c (block $b (block $a
          (br_table $a $b $c (i32.and (local.get 0) (i32.const 3))))
          (return (i32.const 10)))
          (return (i32.const 20)))
        (i32.const 30))
      (func (export "params") (param i32) (result i32)
        (local.get 0)
        (loop (param i32) (result i32) (i32.const 1) (i32.shr_u))
        (if (param) (result i32) (then (i32.const 7)) (else (i32.const 8)))))`,
  },
  {
    name: 'numbers of every width, constants whose bytes look like instructions',
    run: ['mix', 'wide'],
    wat: `(module
      (func (export "mix") (param i32) (result i32)
        (i32.add
          (i32.trunc_sat_f64_s (f64.add (f64.convert_i32_s (local.get 0)) (f64.const 0x3.0340300b0bp+9)))
          (i32.add (i32.trunc_sat_f32_u (f32.const 0x1.030b03p+4))
            (i32.add (i32.const 0x030b0303) (i32.extend8_s (local.get 0))))))
      (func (export "wide") (param i32) (result i64)
        (i64.rotl (i64.mul (i64.extend_i32_s (local.get 0)) (i64.const -0x7ffffffffffffff3)) (i64.const 13))))`,
  },
  {
    name: 'memory: loads, stores, bulk instructions, segments',
    run: ['bytes', 'grow'],
    wat: `(module
      (memory (export "memory") 1 4)
      (data (i32.const 8) "hello")
      (data $passive "passive")
      (func (export "bytes") (param i32) (result i32)
        (memory.init $passive (i32.const 64) (i32.const 0) (i32.const 7))
        (memory.copy (i32.const 100) (i32.const 8) (i32.const 5))
        (memory.fill (i32.const 103) (local.get 0) (i32.const 2))
        (i32.store16 offset=4000 align=1 (i32.const 12) (local.get 0))
        (i32.add (i32.load offset=100 align=1 (i32.const 0))
          (i32.add (i32.load8_s offset=4000 (i32.const 12)) (i32.load (i32.const 66)))))
      (func (export "grow") (param i32) (result i32)
        (drop (memory.grow (i32.and (local.get 0) (i32.const 1))))
        (i32.add (i32.mul (memory.size) (i32.const 1000))
          (memory.grow (i32.const 5)))))`,
  },
  {
    name: 'several memories, one of 64 bits',
    run: ['both', 'pages'],
    wat: `(module
      (memory $a 1 2) (memory $b i64 2 3)
      (func (export "both") (param i32) (result i32)
        (i32.store $a (i32.const 16) (local.get 0))
        (memory.copy $b $a (i64.const 32) (i32.const 16) (i32.const 4))
        (i32.load $b offset=16 (i64.const 16)))
      (func (export "pages") (param i32) (result i64)
        (drop (memory.grow $b (i64.extend_i32_u (i32.and (local.get 0) (i32.const 1)))))
        (i64.add (memory.grow $b (i64.const 0xffffffffffff))
          (i64.add (memory.size $b) (i64.extend_i32_u (memory.size $a))))))`,
  },
  {
    name: 'tables, references, indirect and tail calls',
    run: ['indirect', 'tail', 'tables', 'typed'],
    wat: `(module
      (type $unary (func (param i32) (result i32)))
      (table $t 4 8 funcref)
      (table $e 1 externref)
      (elem (table $t) (i32.const 0) func $double $inc)
      (elem $more func $inc $double)
      (elem declare func $double)
      (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
      (func $inc (type $unary) (i32.add (local.get 0) (i32.const 1)))
      (func (export "indirect") (param i32) (result i32)
        (call_indirect $t (type $unary) (local.get 0) (i32.and (local.get 0) (i32.const 1))))
      (func $even (export "tail") (param i32) (result i32)
        (if (i32.le_s (local.get 0) (i32.const 0)) (then (return (i32.const 1))))
        (return_call_indirect $t (type $unary) (i32.and (local.get 0) (i32.const 0xff)) (i32.const 1)))
      (func (export "tables") (param i32) (result i32)
        (table.init $t $more (i32.const 2) (i32.const 0) (i32.const 2))
        (table.copy $t $t (i32.const 0) (i32.const 2) (i32.const 2))
        (table.fill $e (i32.const 0) (ref.null extern) (i32.const 1))
        (table.set $t (i32.const 3) (table.get $t (i32.const 0)))
        (elem.drop $more)
        (i32.add (table.size $t) (i32.add (table.grow $t (ref.null func) (i32.const 1))
          (select (result i32) (i32.const 3) (i32.const 4) (ref.is_null (table.get $t (i32.const 4)))))))
      (func (export "typed") (param i32) (result i32)
        (call_ref $unary (local.get 0) (ref.func $double))))`,
  },
  {
    name: 'vectors, relaxed too',
    run: ['lanes'],
    wat: `(module
      (memory 1)
      (func (export "lanes") (param i32) (result i32) (local v128)
        (local.set 1 (v128.const i8x16 3 3 11 11 16 64 3 64 63 3 11 3 64 64 3 11))
        (local.set 1 (i8x16.shuffle 3 2 1 0 16 17 18 19 8 9 3 11 12 13 14 31
          (local.get 1) (i32x4.splat (local.get 0))))
        (v128.store offset=32 align=4 (i32.const 0) (local.get 1))
        (local.set 1 (v128.load16_lane offset=34 3 (i32.const 0) (local.get 1)))
        (v128.store8_lane 11 (i32.const 1) (local.get 1))
        (local.set 1 (i8x16.relaxed_swizzle (local.get 1) (v128.load32_zero (i32.const 32))))
        (i32.add (i32x4.extract_lane 2 (i32x4.dot_i16x8_s (local.get 1) (local.get 1)))
          (i8x16.bitmask (i8x16.replace_lane 3 (local.get 1) (i32.const 128))))))`,
  },
  {
    name: 'atomics on a memory that is not shared',
    run: ['atomic'],
    wat: `(module
      (memory 1)
      (func (export "atomic") (param i32) (result i32)
        (i32.atomic.store offset=16 (i32.const 0) (local.get 0))
        (atomic.fence)
        (drop (memory.atomic.notify (i32.const 16) (i32.const 1)))
        (drop (i64.atomic.rmw32.cmpxchg_u (i32.const 24) (i64.const 0) (i64.const 9)))
        (i32.add (i32.atomic.rmw.add (i32.const 16) (i32.const 3)) (i32.atomic.load8_u (i32.const 24)))))`,
  },
  {
    name: 'exceptions',
    run: ['catch', 'all'],
    wat: `(module
      (tag $t (param i32))
      (func $throw (param i32) (throw $t (local.get 0)))
      (func (export "catch") (param i32) (result i32)
        (block $h (result i32)
          (try_table (catch $t $h)
            (loop (call $throw (local.get 0)) (call $throw (i32.const 2))))
          (i32.const -1)))
      (func (export "all") (param i32) (result i32)
        (block $all
          (block $ref (result exnref)
            (try_table (catch_all_ref $ref) (call $throw (local.get 0)))
            (return (i32.const -2)))
          (try_table (param exnref) (catch_all $all) (throw_ref)))
        (i32.const 5)))`,
  },
  {
    name: 'exceptions of the older kind',
    run: ['old'],
    wat: `(module
      (tag $t (param i32))
      (func $throw (param i32) (throw $t (local.get 0)))
      (func (export "old") (param i32) (result i32)
        try $outer (result i32)
          try
            local.get 0
            call $throw
          catch $t
            drop
            rethrow 0
          end
          try
            i32.const 1
            call $throw
          delegate $outer
          i32.const 1
        catch $t
          i32.const 7
          i32.add
        catch_all
          i32.const 9
        end))`,
  },
  {
    name: 'garbage-collected types',
    run: ['list', 'casts'],
    wat: `(module
      (rec
        (type $node (sub (struct (field (mut i32)) (field (ref null $node)))))
        (type $long (sub final $node (struct (field (mut i32)) (field (ref null $node)) (field i8)))))
      (type $array (array (mut i16)))
      (data $d "\\01\\00\\02\\00\\03\\00")
      (func (export "list") (param i32) (result i32) (local (ref null $node) (ref null $array))
        (local.set 1 (struct.new $node (local.get 0) (struct.new $long (i32.const 4) (ref.null $node) (i32.const 3))))
        (struct.set $node 0 (local.get 1) (i32.add (struct.get $node 0 (local.get 1)) (i32.const 1)))
        (local.set 2 (array.new_data $array $d (i32.const 0) (i32.const 3)))
        (array.fill $array (local.get 2) (i32.const 1) (local.get 0) (i32.const 1))
        (array.copy $array $array (local.get 2) (i32.const 0) (local.get 2) (i32.const 1) (i32.const 2))
        (i32.add (array.get_s $array (local.get 2) (i32.const 0))
          (i32.add (array.len (array.new_fixed $array 2 (i32.const 1) (i32.const 2)))
            (i32.add (struct.get $node 0 (local.get 1)) (array.len (local.get 2))))))
      (func (export "casts") (param i32) (result i32) (local anyref)
        (local.set 1 (ref.i31 (local.get 0)))
        (block $is (result (ref i31))
          (br_on_cast $is anyref (ref i31) (local.get 1))
          (drop) (return (ref.test (ref null $node) (local.get 1))))
        (i31.get_s)))`,
  },
  {
    name: 'a start function, extended constants, imported and exported globals',
    run: ['started'],
    wat: `(module
      (global $g (export "g") (mut i32) (i32.add (i32.const 40) (i32.const 1)))
      (func $start (global.set $g (i32.add (global.get $g) (i32.const 1))))
      (start $start)
      (func (export "started") (param i32) (result i32) (i32.add (global.get $g) (local.get 0))))`,
  },
  {
    name: 'more than 64 memories and 128 types, so that added indexes take several bytes',
    run: ['far'],
    wat: `(module
      ${Array.from({ length: 150 }, (_, n) => `(type (func (param ${'i32 '.repeat(n % 20)}) (result ${'i32 '.repeat(Math.floor(n / 20))})))`).join('\n')}
      ${'(memory 0 1)\n'.repeat(70)}
      (func (export "far") (param i32) (result i32)
        (local.set 0 (i32.and (local.get 0) (i32.const 7)))
        (loop (drop (memory.grow 69 (i32.const 1)))
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (br_if 0 (i32.gt_s (local.get 0) (i32.const 0))))
        (i32.add (memory.size 69) (memory.size 3))))`,
  },
];
