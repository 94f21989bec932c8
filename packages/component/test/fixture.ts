import { compile } from '@spiderlightning/component';
import type {
  CompileOptions,
  Component,
  HostImports,
  Instance,
  InstantiateOptions,
} from '@spiderlightning/component';
import { assemble } from '../../../test/guests/wat.ts';

/** A core module with a memory of its own and an allocator that never frees. */
export const libc = `
  (core module $Libc
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $Libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))`;

/** Compiles the text of a component, without the outermost parentheses. */
export async function compileText(body: string, options?: CompileOptions): Promise<Component> {
  return compile(await assemble(`(component ${body})`), options);
}

export async function start(
  body: string,
  imports: HostImports = {},
  options?: InstantiateOptions,
): Promise<Instance> {
  return (await compileText(body)).instantiate(imports, options);
}

/** A turn of the event loop, so that nothing is ready at once. */
export async function pause<T>(value: T): Promise<T> {
  await new Promise((resolve) => setImmediate(resolve));
  return value;
}
