import { join } from 'node:path';
import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools';
import { readCloudWit } from '../../../test/guests/clang.ts';
import { buildScript } from '../../../test/guests/kept.ts';
import { assemble } from '../../../test/guests/wat.ts';

const grants = {
  nothing: { wat: '', wit: '' },
  keyvalue: {
    wat: '(import "spiderlightning:cloud/keyvalue@0.6.0" "[static]store.open" (func (param i32 i32 i32)))',
    wit: 'import keyvalue;',
  },
  /** What no host serves. */
  unknown: {
    wat: '(import "spiderlightning:cloud/teleport@0.6.0" "beam" (func))',
    wit: 'import teleport;',
  },
};

/**
 * The smallest app there is, from text: any answer is `ok`, but a path that ends with `!` traps, and one that ends with
 * `*` never ends.
 */
export async function buildTinyGuest(imports: keyof typeof grants = 'nothing'): Promise<Uint8Array> {
  const witSource = `${await readCloudWit()}
    interface teleport { beam: func(); }
    world tiny { ${grants[imports].wit} export http-handler; }`;
  const binary = await assemble(tinyCore(grants[imports].wat));
  return await componentNew(await componentEmbed({ binary, witSource, world: 'tiny' }));
}

/** A core module, which is no component. */
export function buildCoreModule(): Promise<Uint8Array> {
  return assemble(tinyCore(''));
}

function tinyCore(imports: string): string {
  return `(module ${imports}
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 1024))
    (data (i32.const 0) "\\c8\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\40\\00\\00\\00\\02\\00\\00\\00")
    (data (i32.const 64) "ok")
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $top (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.get $top)
      (global.set $top (i32.add (global.get $top) (local.get 3))))
    (func (export "spiderlightning:cloud/http-handler@0.6.0#handle")
      (param i32 i32) (param $url i32) (param $length i32) (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
      (local $last i32)
      (local.set $last (i32.load8_u (i32.sub (i32.add (local.get $url) (local.get $length)) (i32.const 1))))
      (if (i32.eq (local.get $last) (i32.const 33)) (then unreachable))
      (if (i32.eq (local.get $last) (i32.const 42)) (then (loop $for_ever (br $for_ever))))
      (i32.const 0)))`;
}

/** A TypeScript app of `guests/`. */
export async function buildScriptGuest(name = 'app'): Promise<Uint8Array> {
  return (await buildScriptFiles(name))['app.wasm'];
}

/** The same with its source map, by which the log names the author's lines. */
export async function buildScriptFiles(name: string) {
  const { component, map } = await buildScript(join(import.meta.dirname, `guests/${name}.ts`));
  return { 'app.wasm': component, 'app.wasm.map': map };
}
