import type { Random } from '../fuzz/random.ts';
import { ALL, Body } from './generate-body.ts';
import type { Profile, Signature } from './generate-body.ts';
import type { Type } from './generate-instructions.ts';

const FUNCTIONS = 7;
/** Calls and rounds of loops that one call from outside has. */
export const FUEL = 300;

/**
 * Writes a valid module of random code: every family of instructions, blocks of several values, jumps to any block around,
 * exceptions, tail calls. Exports: `memory`, `fuel`, `g0`…, and `f0`… without parameters.
 */
export function generateModule(random: Random, profile: Profile): string {
  const pickTypes = (most: number): Type[] =>
    Array.from({ length: random.below(most + 1) }, () => random.pick(ALL));
  const signatures = Array.from({ length: FUNCTIONS }, (_, index): Signature => ({
    params: index < 3 ? [] : pickTypes(3),
    results: index < 3 ? random.pick([['i32'], [], ['i64', 'i32']] as Type[][]) : pickTypes(2),
  }));
  const functions = signatures.map((signature, index) =>
    new Body(random, profile, signatures, signature).write(index),
  );
  return `(module
    ${signatures.map(({ params, results }, index) => `(type $s${index} (func ${write(params, results)}))`).join('\n')}
    (memory $m (export "memory") 1 3)
    ${profile.wide === true ? '(memory $w i64 1 3)' : ''}
    ${profile.objects === true ? '(type $node (struct (field (mut i32)) (field (mut anyref)))) (type $array (array (mut i16)))' : ''}
    (table $t 8 12 funcref) (table $e 4 8 externref)
    (tag $x (param i32)) (tag $y (param i64 i32)) (tag $z)
    (global $fuel (export "fuel") (mut i32) (i32.const ${FUEL}))
    (global $g0 (export "g0") (mut i32) (i32.const 7)) (global $g1 (export "g1") (mut i64) (i64.const -9))
    ${profile.tables === true ? '(global $g2 (mut v128) (v128.const i32x4 1 2 3 4))' : ''}
    (elem (table $t) (i32.const 0) func $f3 $f4 $f5 $f6 $f1)
    (elem $more func $f1 $f6 $f0) (elem declare func ${signatures.map((_, index) => `$f${index}`).join(' ')})
    (data (i32.const 20) "some bytes") (data $passive "and some more, which wait for their time")
    (func $burn (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
      (if (i32.lt_s (global.get $fuel) (i32.const 0)) (then unreachable)))
    ${functions.join('\n')})`;
}

function write(params: readonly Type[], results: readonly Type[]): string {
  return `(param ${params.join(' ')}) (result ${results.join(' ')})`;
}
