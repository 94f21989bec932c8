import { ComponentError } from '../api.ts';
import type { GuestLimits } from './limits.ts';
import { createMemory } from './memory.ts';
import type { MemoryKeeper } from './memory.ts';
import type { CoreInstance, ModuleShape } from './model.ts';

/**
 * Makes a core instance of a module that `prepareModule` prepared, and gives the rewritten one what it needs.
 *
 * @param shape of the module, from `prepareModule`
 * @throws {ComponentError} `link` where a memory begins above the limit
 */
export function instantiateModule(
  module: WebAssembly.Module,
  shape: ModuleShape | undefined,
  imports: WebAssembly.Imports,
  limits: GuestLimits,
): CoreInstance {
  if (shape === undefined) {
    return { exports: new WebAssembly.Instance(module, imports).exports, start: undefined };
  }
  const added: Record<string, unknown> = {};
  const memories: WebAssembly.Memory[] = shape.imported.map(
    ({ module: from, name }) => imports[from]?.[name] as WebAssembly.Memory,
  );
  shape.defined.forEach((defined, index) => {
    const { memory, keeper } = createMemory(defined, limits.memory);
    limits.keep(memory, keeper);
    if (shape.noted) keeper.mark();
    memories.push(memory);
    added[`memory${index}`] = memory;
  });
  if (shape.interruptible) added['flag'] = limits.thread.flag;
  if (shape.marks) added['marks'] = keeperOf(limits, memories[0]!).mark().memory;
  const instance = new WebAssembly.Instance(module, { ...imports, [shape.prefix]: added as never });

  const ours = `${shape.prefix}/`;
  const exports: Record<string, WebAssembly.ExportValue> = Object.create(null);
  let start: (() => void) | undefined;
  for (const [name, value] of Object.entries(instance.exports)) {
    if (!name.startsWith(ours)) {
      exports[name] = value;
      continue;
    }
    switch (name.slice(ours.length)) {
      case 'functions':
        limits.thread.functions.forEach((entry, slot) => (value as WebAssembly.Table).set(slot, entry));
        break;
      case 'memories':
        shape.sized.forEach((memory, slot) => {
          const keeper = keeperOf(limits, memories[memory]!);
          (value as WebAssembly.Table).set(slot, keeper);
          keeper.tell(instance.exports[`${ours}size${slot}`] as WebAssembly.Global);
        });
        break;
      case 'start':
        start = value as () => void;
        break;
      default:
        // The others stand for `memory.size`, which is kept with its memory.
        if (name.startsWith(`${ours}global`)) limits.globals.push(value as WebAssembly.Global);
    }
  }
  return { exports, start };
}

function keeperOf(limits: GuestLimits, memory: WebAssembly.Memory): MemoryKeeper {
  const keeper = limits.keeperOf(memory);
  if (keeper === undefined) {
    throw new ComponentError(
      'link',
      'A core module imports a memory that no core module of the same component instance defines: its limit would not hold',
    );
  }
  return keeper;
}
