import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';

/** Assembles WebAssembly text, a core module or a component, into bytes. */
export async function assemble(wat: string): Promise<Uint8Array> {
  return await parse(wat);
}
