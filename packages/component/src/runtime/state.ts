import type { InstanceContext, ResourceType } from '../abi/model.ts';
import type { Restorer } from '../core/snapshot.ts';
import { createTask } from './handles.ts';
import type { ResourceHandle, SavedHandles } from './handles.ts';

/** A component instance at the moment of the snapshot. */
interface SavedContext {
  readonly handles: SavedHandles;
  /** What `context.set` left. */
  readonly slots: readonly number[];
}

/** What the guests of one instance, with all the component instances in it, hold and have: let go, and put back. */
export class InstanceState {
  /** Why it cannot be put back; undefined: it can. */
  unrestorable: string | undefined = 'its instantiation is not over';
  readonly #contexts: readonly InstanceContext[];
  readonly #resources: readonly ResourceType[];
  readonly #dropFirst: readonly string[];
  #restorer: Restorer | undefined;
  #saved: readonly SavedContext[] = [];
  #releasing: Promise<void> | undefined;

  constructor(
    contexts: readonly InstanceContext[],
    resources: readonly ResourceType[],
    dropFirst: readonly string[],
  ) {
    this.#contexts = contexts;
    this.#resources = resources;
    this.#dropFirst = dropFirst;
  }

  /** Makes the present state the one to put back. No call is under way. */
  keep(restorer: Restorer): void {
    this.unrestorable = undefined;
    this.#restorer = restorer;
    this.#saved = this.#contexts.map(({ handles, task }) => ({
      handles: handles.save(),
      slots: [...task.context],
    }));
  }

  /**
   * Tells the host of all that the guests own of its resources. Those of a kind in `dropFirst` go first, in its order,
   * each kind only when the one before is gone; then all others.
   * @returns a promise where the host takes its time over one of them; it never rejects
   */
  release(): Promise<void> | undefined {
    const owned = this.#contexts.flatMap(({ handles }) => handles.clear()).filter(isHeld);
    const kinds = this.#dropFirst.map((name) => owned.filter(({ type }) => type.name === name));
    kinds.push(owned.filter(({ type }) => !this.#dropFirst.includes(type.name)));
    const before = this.#releasing;
    const now = before === undefined ? dropKinds(kinds) : before.then(() => dropKinds(kinds));
    if (now === undefined) return undefined;
    const releasing = now.then(() => {
      if (this.#releasing === releasing) this.#releasing = undefined;
    });
    return (this.#releasing = releasing);
  }

  /** How many of them there are, by the names of their types. */
  held(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { handles } of this.#contexts)
      for (const { type } of handles.list().filter(isHeld))
        counts.set(type.name, (counts.get(type.name) ?? 0) + 1);
    return counts;
  }

  /** Puts back what was saved, once everything is released. @returns false where the memories have grown too far */
  putBack(): boolean {
    if (!this.#restorer!.restore()) return false;
    for (const type of this.#resources) type.generation++;
    for (const [index, context] of this.#contexts.entries()) {
      const { handles, slots } = this.#saved[index]!;
      context.handles.load(handles);
      context.mayEnter = true;
      context.mayLeave = true;
      context.task = createTask();
      slots.forEach((value, slot) => (context.task.context[slot] = value));
    }
    return true;
  }
}

/** Whether it is the host's, which hears when it ends. */
function isHeld({ own, type }: ResourceHandle): boolean {
  return own && type.owner === undefined && type.drop !== undefined;
}

function dropKinds(kinds: readonly (readonly ResourceHandle[])[]): Promise<void> | undefined {
  for (const [index, handles] of kinds.entries()) {
    const pending = handles.map(drop).filter((answer) => answer instanceof Promise);
    if (pending.length > 0) {
      return Promise.allSettled(pending).then(() => dropKinds(kinds.slice(index + 1)));
    }
  }
  return undefined;
}

function drop({ type, rep }: ResourceHandle): unknown {
  try {
    return type.drop!(rep);
  } catch {
    // The guest is not there to be told, and the other resources are to be let go as well.
    return undefined;
  }
}
