import type { CanonBindings, InstanceContext, ResourceType, Store } from '../../src/abi/model.ts';
import { createTask, HandleTable } from '../../src/runtime/handles.ts';

export function createStore(): Store {
  return {
    suspendable: false,
    interrupt: undefined,
    onWait: undefined,
    onResume: undefined,
    onCall: undefined,
    calledHost: false,
  };
}

/** An instance with nothing in it. */
export function createInstance(
  store = createStore(),
  resources: ResourceType[] = [],
  parent?: InstanceContext,
): InstanceContext {
  return {
    store,
    parent,
    handles: new HandleTable(),
    resources,
    mayEnter: true,
    mayLeave: true,
    task: createTask(),
  };
}

export interface TestMemory extends CanonBindings {
  readonly memory: WebAssembly.Memory;
  allocate(align: number, size: number): number;
}

/** A memory whose allocator never frees, and grows at every allocation, so that views go stale as often as they can. */
export function createMemory(): TestMemory {
  const memory = new WebAssembly.Memory({ initial: 1 });
  let next = 8;
  const allocate = (align: number, size: number): number => {
    const pointer = Math.ceil(next / align) * align;
    next = pointer + size;
    const missing = next - memory.buffer.byteLength;
    memory.grow(missing > 0 ? Math.ceil(missing / 65536) : 0);
    return pointer;
  };
  return {
    memory,
    allocate,
    realloc: (_old: number, _size: number, align: number, size: number) => allocate(align, size),
  };
}
