import type { InstanceContext, ResourceType, Task } from '../abi/model.ts';
import { trapAbi } from './trap.ts';

/** An element of a handle table that stands for a resource. */
export interface ResourceHandle {
  readonly type: ResourceType;
  /** The host's object, or the representation (i32) that a guest gave its resource. */
  readonly rep: unknown;
  readonly own: boolean;
  /** Of a borrowed handle: the call that must drop it before it returns. */
  readonly scope: Task | undefined;
  /** Calls under way to which this handle is lent. */
  lends: number;
}

/** The contents of a handle table at one moment. */
export interface SavedHandles {
  readonly entries: readonly (ResourceHandle | undefined)[];
  readonly free: readonly number[];
}

const MAX_HANDLES = 2 ** 28 - 1;

/**
 * The handles of one component instance. Index 0 is never used; freed indexes are used again, the last freed first,
 * as the Canonical ABI fixes it.
 */
export class HandleTable {
  readonly #entries: (ResourceHandle | undefined)[] = [undefined];
  readonly #free: number[] = [];

  add(handle: ResourceHandle): number {
    const free = this.#free.pop();
    if (free !== undefined) {
      this.#entries[free] = handle;
      return free;
    }
    const index = this.#entries.length;
    if (index > MAX_HANDLES) trapAbi('the handle table is full');
    this.#entries.push(handle);
    return index;
  }

  /** @throws {Trap} `abi` where there is no such handle, or one of another resource type */
  get(index: number, type: ResourceType): ResourceHandle {
    const handle = this.#entries[index >>> 0];
    if (handle === undefined) trapAbi(`unknown handle index ${index >>> 0}`);
    if (handle.type !== type) {
      trapAbi(
        `handle index ${index >>> 0} used with the wrong type, ${describeMismatch(type, handle.type)}: ` +
          `${type.name} and ${handle.type.name}`,
      );
    }
    return handle;
  }

  /** Takes a handle out. The caller has checked it with `get`. */
  remove(index: number): void {
    this.#entries[index >>> 0] = undefined;
    this.#free.push(index >>> 0);
  }

  /** How many handles are live. */
  get size(): number {
    return this.#entries.length - 1 - this.#free.length;
  }

  /** What is in it, in the order of indexes. */
  list(): ResourceHandle[] {
    return this.#entries.filter((handle) => handle !== undefined);
  }

  /** What is in it, to be put back. */
  save(): SavedHandles {
    return { entries: [...this.#entries], free: [...this.#free] };
  }

  /** Puts in what was saved, into an empty table. No handle is lent then. */
  load({ entries, free }: SavedHandles): void {
    this.#entries.length = 0;
    for (const handle of entries) this.#entries.push(handle && { ...handle, lends: 0 });
    this.#free.push(...free);
  }

  /** Empties the table. @returns what was in it, in the order of indexes */
  clear(): ResourceHandle[] {
    const live = this.list();
    this.#entries.length = 1;
    this.#free.length = 0;
    return live;
  }
}

function describeMismatch(wanted: ResourceType, found: ResourceType): string {
  const [left, right] = [wanted, found].map((type) => (type.owner === undefined ? 'host' : 'guest'));
  const other = left === right ? `a different ${right}` : `a ${right}`;
  return `expected ${left}-defined resource but found ${other}-defined resource`;
}

/** A task for a call into the instance; `outer` is the one that goes on when it ends. */
export function createTask(outer?: Task): Task {
  return { context: [0, 0], borrows: 0, outer, awaiting: undefined, result: undefined };
}

/** `resource.new`. @returns the index of the new handle */
export function newResource(instance: InstanceContext, type: ResourceType, rep: number): number {
  if (!instance.mayLeave) trapAbi('cannot leave component instance: resource.new');
  return instance.handles.add({ type, rep, own: true, scope: undefined, lends: 0 });
}

/** `resource.rep`. */
export function getResourceRep(instance: InstanceContext, type: ResourceType, index: number): number {
  return instance.handles.get(index, type).rep as number;
}

/**
 * The part of `resource.drop` that comes before the destructor: takes the handle out.
 * @returns it, where it was owned and something may have to be told
 */
export function releaseHandle(
  instance: InstanceContext,
  type: ResourceType,
  index: number,
): ResourceHandle | undefined {
  if (!instance.mayLeave) trapAbi('cannot leave component instance: resource.drop');
  const handle = instance.handles.get(index, type);
  if (handle.lends !== 0)
    trapAbi(`cannot remove owned resource while borrowed: ${type.name} is lent to a call under way`);
  instance.handles.remove(index);
  if (handle.own) return handle;
  handle.scope!.borrows--;
  return undefined;
}
