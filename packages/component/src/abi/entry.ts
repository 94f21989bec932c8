import { createTask } from '../runtime/handles.ts';
import { trapAbi } from '../runtime/trap.ts';
import type { InstanceContext, Task } from './model.ts';

/**
 * The instances that a call enters: the callee and those around it, without the ones that the caller is in already.
 * A call from the host has no caller.
 */
export function planEntry(callee: InstanceContext, caller: InstanceContext | undefined): InstanceContext[] {
  const inside = new Set(caller && ancestry(caller));
  return ancestry(callee).filter((instance) => !inside.has(instance));
}

function ancestry(instance: InstanceContext): InstanceContext[] {
  const chain = [instance];
  for (let parent = instance.parent; parent !== undefined; parent = parent.parent) chain.push(parent);
  return chain;
}

/** Begins a call into an instance. @throws {Trap} where it is entered already */
export function enter(entered: readonly InstanceContext[], instance: InstanceContext): Task {
  for (const one of entered)
    if (!one.mayEnter) trapAbi('cannot enter component instance: a call is under way');
  for (const one of entered) one.mayEnter = false;
  return (instance.task = createTask(instance.task));
}

/** Ends a call that returned. */
export function leave(entered: readonly InstanceContext[], instance: InstanceContext, task: Task): void {
  for (const one of entered) one.mayEnter = true;
  instance.task = task.outer!;
}
