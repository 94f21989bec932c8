import type { Random } from '../fuzz/random.ts';
import { ATOMICS, LANE_LOADS, LOADS, PLAIN, STORES } from './generate-instructions.ts';
import type { Type } from './generate-instructions.ts';

/** What a module may have beside numbers, one memory and control flow. */
export interface Profile {
  /** Instructions that change tables, or drop segments, and a global that is a vector. */
  readonly tables?: boolean;
  /** A second memory, of 64 bits. */
  readonly wide?: boolean;
  readonly atomics?: boolean;
  readonly objects?: boolean;
}

export interface Signature {
  readonly params: readonly Type[];
  readonly results: readonly Type[];
}

const NUMBERS: readonly Type[] = ['i32', 'i64', 'f32', 'f64', 'v128'];
export const ALL: readonly Type[] = [...NUMBERS, 'i32', 'i64', 'funcref', 'externref'];
const LOCALS = 3;

/** Writes the body of one function of a module whose functions have these signatures. */
export class Body {
  readonly #random: Random;
  readonly #profile: Profile;
  readonly #signatures: readonly Signature[];
  readonly #own: Signature;
  /** What a branch to each block around takes, innermost last. */
  readonly #labels: (readonly Type[])[] = [];
  readonly #locals: readonly Type[];
  #left: number;

  constructor(random: Random, profile: Profile, signatures: readonly Signature[], own: Signature) {
    this.#random = random;
    this.#profile = profile;
    this.#signatures = signatures;
    this.#own = own;
    this.#locals = [...own.params, ...Array.from({ length: LOCALS }, () => random.pick(ALL)), ...NUMBERS];
    this.#left = 20 + random.below(150);
  }

  write(index: number): string {
    const { params, results } = this.#own;
    this.#labels.push(results);
    // Long code looks at the flag on the way.
    const long = this.#random.oneIn(6) ? 'nop '.repeat(this.#random.pick([2900, 3100, 8200])) : '';
    return `(func $f${index} ${index < 3 ? `(export "f${index}")` : ''} (type $s${index})
      (local ${this.#locals.slice(params.length).join(' ')})
      call $burn ${this.#statements(4)} ${long} ${this.#statements(2)} ${this.#values(results)})`;
  }

  #values(types: readonly Type[]): string {
    return types.map((type) => this.#value(type)).join(' ');
  }

  #statements(most: number): string {
    return Array.from({ length: this.#random.below(most + 1) }, () => this.#statement()).join('\n');
  }

  #constant(type: Type): string {
    const random = this.#random;
    const small = random.pick([0, 1, 2, 3, 7, 8, 64, 127, 255, 256, 4090, 65_530, -1, -2147483648]);
    if (type === 'funcref')
      return random.oneIn(2) ? 'ref.null func' : `ref.func $f${random.below(this.#signatures.length)}`;
    if (type === 'externref') return 'ref.null extern';
    if (type === 'exnref') return 'ref.null exn';
    if (type === 'i31') return 'i32.const 5 ref.i31';
    if (type === 'v128') return `v128.const i32x4 ${small} 11 ${random.below(99)} 0x0b030b40`;
    return `${type}.const ${type.startsWith('f') && random.oneIn(4) ? '0x1.8p+3' : small}`;
  }

  #local(type: Type): number {
    const found = this.#locals.flatMap((local, index) => (local === type ? [index] : []));
    return found.length === 0 ? -1 : this.#random.pick(found);
  }

  /** Instructions that leave one value. */
  #value(type: Type): string {
    const random = this.#random;
    if (--this.#left < 0 || type === 'exnref' || type === 'i31') return this.#constant(type);
    const local = this.#local(type);
    switch (random.below(16)) {
      case 0:
        return this.#constant(type);
      case 1:
        return local < 0 ? this.#constant(type) : `local.get ${local}`;
      case 2:
        return local < 0 ? this.#constant(type) : `${this.#value(type)} local.tee ${local}`;
      case 3:
        return this.#block([type]);
      case 4: {
        // Several values, of which one is kept.
        const other = random.pick(ALL);
        return random.oneIn(2) ? `${this.#block([type, other])} drop` : this.#through(other, type);
      }
      case 5:
        return `${this.#values([type, type])} ${this.#value('i32')} select (result ${type})`;
      case 6:
        return this.#call(type);
      case 7:
        return this.#load(type);
      case 8:
        return this.#special(type);
      default: {
        const plain = PLAIN.get(type);
        if (plain === undefined) return this.#constant(type);
        const { text, operands } = random.pick(plain);
        return `${this.#values(operands)} ${text}`;
      }
    }
  }

  /** A block that takes a value, too. */
  #through(param: Type, result: Type): string {
    const kind = this.#random.pick(['block', 'loop']);
    this.#labels.push(kind === 'loop' ? [param] : [result]);
    const body = `${kind === 'loop' ? 'call $burn' : ''} drop ${this.#statements(2)} ${this.#value(result)}`;
    this.#labels.pop();
    return `${this.#value(param)} ${kind} (param ${param}) (result ${result}) ${body} end`;
  }

  #block(results: readonly Type[]): string {
    const random = this.#random;
    const type = `(result ${results.join(' ')})`;
    const inside = (label: readonly Type[]): string => {
      this.#labels.push(label);
      const body = `${this.#statements(2)} ${this.#values(results)}`;
      this.#labels.pop();
      return body;
    };
    switch (random.below(5)) {
      case 0:
        return `loop ${type} call $burn ${inside([])} end`;
      case 1:
        return `${this.#value('i32')} if ${type} ${inside(results)} else ${inside(results)} end`;
      case 2:
        return this.#try(results);
      default:
        return `block ${type} ${inside(results)} end`;
    }
  }

  #try(results: readonly Type[]): string {
    const type = `(result ${results.join(' ')})`;
    const kind = this.#random.below(5);
    const [caught, clause]: [readonly Type[], string] =
      kind === 0
        ? [['i32'], '(catch $x 0)']
        : kind === 1
          ? [['i64', 'i32'], '(catch $y 0) (catch $x 1)']
          : kind === 2
            ? [['exnref'], '(catch_all_ref 0)']
            : [[], '(catch_all 0)'];
    // Around: a block for what the second clause gives, one for the result, one for what the first clause gives.
    const second = kind === 1;
    this.#labels.push(results);
    const last = second ? this.#values(results) : '';
    if (second) this.#labels.push(['i32']);
    const again = kind === 2 && this.#random.oneIn(2);
    const behind = `${again ? 'throw_ref' : caught.map(() => 'drop').join(' ')} ${this.#values(results)}`;
    this.#labels.push(caught, results);
    const body = `${this.#statements(3)} ${this.#values(results)}`;
    this.#labels.length -= second ? 4 : 3;
    const attempt = `block (result ${caught.join(' ')}) try_table ${type} ${clause} ${body} end br ${second ? 2 : 1} end`;
    return second
      ? `block ${type} block (result i32) ${attempt} ${behind} br 1 end drop ${last} end`
      : `block ${type} ${attempt} ${behind} end`;
  }

  #call(type: Type): string {
    const random = this.#random;
    const fitting = this.#signatures.flatMap((signature, index) =>
      signature.results[0] === type ? [{ signature, index }] : [],
    );
    if (fitting.length === 0) return this.#constant(type);
    const { signature, index } = random.pick(fitting);
    const drops = signature.results
      .slice(1)
      .map(() => 'drop')
      .join(' ');
    return `${this.#invoke(signature, index, '')} ${drops}`;
  }

  #invoke({ params }: Signature, index: number, tail: '' | 'return_'): string {
    const args = this.#values(params);
    switch (this.#random.below(4)) {
      case 0:
        return `${args} ${this.#random.oneIn(3) ? this.#value('i32') : `i32.const ${this.#random.below(8)}`} ${tail}call_indirect $t (type $s${index})`;
      case 1:
        return `${args} ref.func $f${index} ${tail}call_ref $s${index}`;
      default:
        return `${args} ${tail}call $f${index}`;
    }
  }

  #address(): string {
    const random = this.#random;
    return random.oneIn(3)
      ? `${this.#value('i32')} i32.const 0xffff i32.and`
      : `i32.const ${random.below(65_600)}`;
  }

  /** @returns the address and the memory argument of an access */
  #place(): [address: string, argument: string] {
    const random = this.#random;
    const offset = random.pick(['', ' offset=1', ' offset=47', ' offset=60', ' offset=300', ' offset=65000']);
    if (this.#profile.wide === true && random.oneIn(2))
      return [`${this.#address()} i64.extend_i32_u`, ` $w${offset}`];
    return [this.#address(), ` $m${offset}`];
  }

  #load(type: Type): string {
    const names = LOADS[type];
    if (names === undefined) return this.#constant(type);
    const [address, argument] = this.#place();
    if (type === 'v128' && this.#random.oneIn(3))
      return `${address} ${this.#value('v128')} ${this.#random.pick(LANE_LOADS).replace(':', argument)}`;
    return `${address} ${this.#random.pick(names).replace(':', argument)}`;
  }

  #special(type: Type): string {
    const random = this.#random;
    const { tables, wide, atomics, objects } = this.#profile;
    if (type === 'funcref') return `${this.#value('i32')} i32.const 7 i32.and table.get $t`;
    if (type === 'externref') return `${this.#value('i32')} i32.const 5 i32.and table.get $e`;
    if (type === 'i64' && wide === true)
      return random.oneIn(2) ? 'memory.size $w' : `i64.const ${random.below(3)} memory.grow $w`;
    if (type === 'i64')
      return random.oneIn(2) ? 'global.get $g1' : `${this.#values(['i64'])} global.set $g1 global.get $g1`;
    if (type === 'v128' && tables === true) return `${this.#value('v128')} global.set $g2 global.get $g2`;
    if (type !== 'i32') return this.#constant(type);
    if (atomics === true && random.oneIn(2))
      return `i32.const ${random.below(2000) * 8} ${this.#value('i32')} ${random.pick(ATOMICS)}`;
    if (tables === true && random.oneIn(3))
      return `${this.#value('funcref')} i32.const ${random.below(3)} table.grow $t`;
    if (objects === true && random.oneIn(2))
      return random.pick([
        `${this.#value('i32')} ref.i31 i31.get_s`,
        `${this.#value('i32')} ref.null any struct.new $node struct.get $node 0`,
        `i32.const 3 i32.const ${random.below(9)} array.new $array array.len`,
        this.#cast(),
      ]);
    return random.pick([
      'memory.size $m',
      `i32.const ${random.below(2)} memory.grow $m`,
      'global.get $g0',
      'table.size $t',
      this.#null(),
    ]);
  }

  /** Jumps on a null to the innermost block that takes nothing. */
  #null(): string {
    const at = this.#labels.findLastIndex((types) => types.length === 0);
    if (at < 0) return 'table.size $e';
    const label = this.#labels.length - at;
    this.#labels.push(['funcref']);
    const value = this.#value('funcref');
    this.#labels.pop();
    return `block (result funcref) ${value} br_on_null ${label} end ref.is_null`;
  }

  /** Jumps on a cast that goes well. */
  #cast(): string {
    this.#labels.push(['i31']);
    const value = this.#value('i32');
    this.#labels.pop();
    return `block (result (ref i31)) ${value} ref.i31 br_on_cast 0 anyref (ref i31) drop i32.const 1 ref.i31 end i31.get_u`;
  }

  #statement(): string {
    const random = this.#random;
    if (--this.#left < 0) return 'nop';
    const label = random.below(this.#labels.length);
    const taken = this.#labels[this.#labels.length - 1 - label]!;
    switch (random.below(17)) {
      case 0:
        return `${this.#value('i32')} global.set $g0`;
      case 1:
      case 2:
      case 3:
        return this.#store();
      case 4:
        return this.#many();
      case 5:
        return this.#tables();
      case 6:
        return `${this.#values(taken)} ${this.#value('i32')} br_if ${label} ${taken.map(() => 'drop').join(' ')}`;
      case 7:
        return this.#table(label, taken);
      case 8:
        return random.oneIn(3) ? `${this.#value('i32')} if ${this.#leave(label, taken)} end` : 'nop';
      case 9: {
        const body = this.#inside(() => `call $burn ${this.#statements(3)}`);
        return `loop ${body} end`;
      }
      case 10:
        return `${this.#value('i32')} if ${this.#inside(() => this.#statements(3))} end`;
      case 11: {
        const index = random.below(this.#signatures.length);
        const signature = this.#signatures[index]!;
        return `${this.#invoke(signature, index, '')} ${signature.results.map(() => 'drop').join(' ')}`;
      }
      case 12:
        return `block ${this.#inside(() => this.#statements(3))} end`;
      default: {
        const type = random.pick(ALL);
        const local = this.#local(type);
        return `${this.#value(type)} ${local < 0 ? 'drop' : `local.set ${local}`}`;
      }
    }
  }

  #inside(write: () => string): string {
    this.#labels.push([]);
    const text = write();
    this.#labels.pop();
    return text;
  }

  /** Ways out of the innermost block, which is an `if`. */
  #leave(label: number, taken: readonly Type[]): string {
    const random = this.#random;
    const own = JSON.stringify(this.#own.results);
    const alike = this.#signatures.flatMap(({ results }, index) =>
      JSON.stringify(results) === own ? [index] : [],
    );
    this.#labels.push([]);
    const text = [
      () => `${this.#values(taken)} br ${label + 1}`,
      () => `${this.#values(this.#own.results)} return`,
      () => this.#invoke(this.#signatures[alike[0]!]!, alike[0]!, 'return_'),
      () => `${this.#value('i32')} throw $x`,
      () => `${this.#values(['i64', 'i32'])} throw $y`,
      () => 'throw $z',
      () => 'unreachable',
    ][random.below(7)]!();
    this.#labels.pop();
    return text;
  }

  /** A jump to one of several blocks around that take the same. */
  #table(label: number, taken: readonly Type[]): string {
    const wanted = JSON.stringify(taken);
    const labels = this.#labels.flatMap((types, index) =>
      JSON.stringify(types) === wanted ? [this.#labels.length - 1 - index] : [],
    );
    const targets = Array.from({ length: this.#random.below(5) }, () => this.#random.pick(labels) + 1);
    this.#labels.push([]);
    const jump = `${this.#values(taken)} ${this.#value('i32')} br_table ${[...targets, label + 1].join(' ')}`;
    this.#labels.pop();
    return `${this.#value('i32')} i32.const 3 i32.and i32.eqz if ${jump} end`;
  }

  #store(): string {
    const random = this.#random;
    const type = random.pick(['i32', 'i64', 'v128', 'f64', 'f32'] as const);
    const [address, argument] = this.#place();
    if (type === 'f32' || type === 'f64')
      return `${address} ${this.#value('i32')} ${type}.convert_i32_s ${type}.store${argument}`;
    return `${address} ${this.#value(type)} ${random.pick(STORES[type]!).replace(':', argument)}`;
  }

  #many(): string {
    const random = this.#random;
    const size = `i32.const ${random.pick([0, 1, 16, 300, 5000])}`;
    const [to, from] = [this.#address(), this.#address()];
    const kinds = [
      `${to} ${this.#value('i32')} ${size} memory.fill $m`,
      `${to} ${from} ${size} memory.copy $m $m`,
      `${to} i32.const ${random.below(9)} i32.const ${random.below(40)} memory.init $m $passive`,
    ];
    if (this.#profile.wide === true) kinds.push(`${to} i64.extend_i32_u ${from} ${size} memory.copy $w $m`);
    if (this.#profile.tables === true) kinds.push('data.drop $passive');
    return random.pick(kinds);
  }

  #tables(): string {
    if (this.#profile.tables !== true) return 'nop';
    const slot = () => `i32.const ${this.#random.below(9)}`;
    return this.#random.pick([
      `${slot()} ${this.#value('funcref')} table.set $t`,
      `${slot()} ${slot()} i32.const 2 table.init $t $more`,
      `${slot()} ${slot()} ${slot()} table.copy $t $t`,
      `${slot()} ${this.#value('externref')} i32.const 2 table.fill $e`,
      'elem.drop $more',
    ]);
  }
}
