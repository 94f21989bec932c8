import { liftFunction } from '../abi/lift.ts';
import { lowerFunction } from '../abi/lower.ts';
import { bindResourceDrop } from '../abi/fused.ts';
import type {
  AdapterBinding,
  Callee,
  CanonBindings,
  CoreFunction,
  FuncType,
  GuestCallee,
  HostCallee,
  InstanceContext,
  ResourceType,
} from '../abi/model.ts';
import { ComponentError } from '../api.ts';
import type { HostImports, Instance, InstantiateOptions } from '../api.ts';
import { instantiateModule } from '../core/instance.ts';
import { createLimits } from '../core/limits.ts';
import { hostThread, threadReady } from '../platform/host-thread.ts';
import { createTask, getResourceRep, HandleTable, newResource, releaseHandle } from '../runtime/handles.ts';
import { ComponentInstance } from '../runtime/instance.ts';
import { Runner } from '../runtime/runner.ts';
import { InstanceState } from '../runtime/state.ts';
import { trapAbi, trapFromGuest } from '../runtime/trap.ts';
import type { CoreReference } from '../types/entities.ts';
import { instantiateAdapters } from './adapters.ts';
import type { CoreModule } from './core-module.ts';
import { bindHost } from './host.ts';
import { findRestorer } from './restorer.ts';
import type {
  AdapterPlan,
  BindingsPlan,
  CalleeReference,
  CanonicalPlan,
  CompiledModule,
  ModuleImport,
  Plan,
  Step,
} from './plan.ts';

/** An instance while its plan is carried out. */
interface Assembly {
  readonly plan: Plan;
  readonly runner: Runner;
  readonly options: InstantiateOptions;
  readonly contexts: readonly InstanceContext[];
  readonly resources: ResourceType[];
  readonly hosts: readonly HostCallee[];
  readonly modules: readonly CompiledModule[];
  readonly instances: WebAssembly.Exports[];
  readonly canonicals: CoreFunction[];
  readonly lifts: GuestCallee[];
}

const oneNumber: FuncType = { params: [{ name: 'number', type: { kind: 'u32' } }], async: false };
/** How a guest's destructor looks from outside: it gets the representation. */
const destructorPlan = liftFunction(oneNumber, { encoding: 'utf8', async: false });
/** How the host's `[drop]` looks to a guest: it gets the handle. */
const dropPlan = lowerFunction(oneNumber, { encoding: 'utf8', async: false });

/**
 * Carries a plan out.
 *
 * @throws {ComponentError} `missing-import`, `link`
 * @throws {Trap} where a start function traps
 */
export async function instantiatePlan(
  plan: Plan,
  imports: HostImports,
  options: InstantiateOptions,
): Promise<Instance> {
  const { callees, drops, modules, given } = bindHost(plan, imports);
  const ready = threadReady();
  if (ready !== undefined) await ready;
  const limits = createLimits(hostThread(), { memory: options.memory });
  const runner = new Runner(limits, options.queue);
  const resources: ResourceType[] = [];
  const contexts: InstanceContext[] = [];
  for (const parent of plan.contexts) {
    contexts.push({
      store: runner.store,
      parent: parent === undefined ? undefined : contexts[parent],
      handles: new HandleTable(),
      resources,
      mayEnter: true,
      mayLeave: true,
      task: createTask(),
    });
  }
  plan.resources.forEach(({ name, owner }, slot) => {
    const from = owner === undefined ? undefined : contexts[owner];
    resources.push({ name, owner: from, generation: 0, drop: drops[slot] });
  });
  const state = new InstanceState(contexts, resources, options.dropFirst ?? []);
  runner.onEnd = () => void state.release();
  const assembly: Assembly = {
    plan,
    runner,
    options,
    contexts,
    resources,
    hosts: callees,
    modules,
    instances: [],
    canonicals: [],
    lifts: [],
  };
  try {
    for (const step of plan.steps) {
      const started = take(assembly, step);
      if (started !== undefined) await started;
    }
  } catch (error) {
    runner.dispose();
    throw describeFailure(error);
  }
  const functions = new Map<string, Callee>();
  for (const [name, reference] of plan.functions) functions.set(name, calleeOf(assembly, reference));
  const measure = modules.some((module) => module.shape !== undefined)
    ? () => limits.memoryBytes
    : () => bytesOf(assembly.instances);
  const noted = plan.modules.every((module) => 'noted' in module && module.noted);
  const restorer = findRestorer(plan, runner, options, noted);
  if (typeof restorer === 'string') state.unrestorable = restorer;
  else state.keep(restorer);
  const exported = new Map<string, CoreModule>();
  for (const [name, module] of plan.exportedModules)
    exported.set(name, typeof module === 'number' ? given.get(module)! : module);
  return new ComponentInstance(runner, state, functions, measure, limits, exported);
}

/** What to tell of a failed instantiation. */
export function describeFailure(error: unknown): unknown {
  if (error instanceof WebAssembly.LinkError) {
    return new ComponentError('link', `A core module does not fit what it is given: ${error.message}`, {
      cause: error,
    });
  }
  return error instanceof ComponentError ? error : trapFromGuest(error);
}

/** @returns a promise where guest code runs that may wait */
function take(assembly: Assembly, step: Step): Promise<unknown> | undefined {
  switch (step.kind) {
    case 'instantiate':
      return instantiateCore(assembly, step);
    case 'adapters':
      makeAdapters(assembly, step.adapters);
      return undefined;
    case 'canonical':
      assembly.canonicals[step.index] = makeCanonical(
        assembly,
        assembly.contexts[step.context]!,
        step.canonical,
      );
      return undefined;
    case 'lift':
      assembly.lifts[step.index] = step.plan.bind(
        assembly.contexts[step.context]!,
        bindingsOf(assembly, step.bindings),
        resolveFunction(assembly, step.core),
      );
      return undefined;
    case 'destructor':
      bindDestructor(assembly, assembly.resources[step.resource]!, resolveFunction(assembly, step.core));
      return undefined;
    case 'start': {
      const callee = calleeOf(assembly, step.func);
      if (callee.kind === 'host') {
        assembly.runner.store.calledHost = true;
        return Promise.resolve(callee.call());
      }
      return assembly.runner.run(() => callee.call([]), startOptions(assembly));
    }
  }
}

function startOptions({ options }: Assembly): { cpu?: number; deadline?: number } {
  return options.cpu === undefined ? {} : { cpu: options.cpu, deadline: options.cpu };
}

function instantiateCore(
  assembly: Assembly,
  step: Extract<Step, { kind: 'instantiate' }>,
): Promise<unknown> | undefined {
  const { module, shape } = assembly.modules[step.module]!;
  const { limits } = assembly.runner;
  const imports = collectImports(assembly, step.imports);
  const instance = instantiateModule(module, shape, imports, limits);
  assembly.instances[step.instance] = instance.exports;
  const { start } = instance;
  if (start === undefined) return undefined;
  return assembly.runner.run(promise(start), startOptions(assembly));
}

function promise(start: () => void): () => Promise<unknown> {
  return typeof WebAssembly.promising === 'function' ? WebAssembly.promising(start) : async () => start();
}

function collectImports(assembly: Assembly, items: readonly ModuleImport[]): WebAssembly.Imports {
  const imports: Record<string, Record<string, unknown>> = Object.create(null);
  for (const { module, name, reference } of items) {
    (imports[module] ??= Object.create(null) as Record<string, unknown>)[name] = resolve(assembly, reference);
  }
  return imports;
}

function resolve(assembly: Assembly, reference: CoreReference): unknown {
  return reference.from === 'export'
    ? assembly.instances[reference.instance]![reference.name]
    : assembly.canonicals[reference.index];
}

function resolveFunction(assembly: Assembly, reference: CoreReference): CoreFunction {
  return resolve(assembly, reference) as CoreFunction;
}

function bindingsOf(assembly: Assembly, plan: BindingsPlan): CanonBindings {
  const { memory, realloc, postReturn, callback } = plan;
  return {
    memory: memory && (resolve(assembly, memory) as WebAssembly.Memory),
    realloc: realloc && resolveFunction(assembly, realloc),
    postReturn: postReturn && resolveFunction(assembly, postReturn),
    callback: callback && resolveFunction(assembly, callback),
  };
}

function calleeOf(assembly: Assembly, { from, index }: CalleeReference): Callee {
  return from === 'lift' ? assembly.lifts[index]! : assembly.hosts[index]!;
}

function makeAdapters(assembly: Assembly, adapters: readonly AdapterPlan[]): void {
  const bindings = adapters.map((adapter): AdapterBinding => {
    const context = assembly.contexts[adapter.context]!;
    if (adapter.kind === 'resource.drop') return bindDrop(context, assembly.resources[adapter.resource]!);
    return adapter.plan.bind(
      context,
      bindingsOf(assembly, adapter.bindings),
      calleeOf(assembly, adapter.callee),
    );
  });
  instantiateAdapters(bindings).forEach((made, position) => {
    assembly.canonicals[adapters[position]!.index] = made;
  });
}

function bindDrop(context: InstanceContext, type: ResourceType): AdapterBinding {
  const { drop } = type;
  if (type.owner !== undefined || drop === undefined) return bindResourceDrop(context, type);
  // Like any other function of the host, this one may take its time.
  const call = (index: number): unknown => {
    const handle = releaseHandle(context, type, index);
    return handle === undefined ? undefined : drop(handle.rep);
  };
  return dropPlan.bind(context, {}, { kind: 'host', name: `[drop]${type.name}`, call });
}

function makeCanonical(assembly: Assembly, context: InstanceContext, canonical: CanonicalPlan): CoreFunction {
  switch (canonical.kind) {
    case 'resource.new': {
      const type = assembly.resources[canonical.resource]!;
      return (rep: number) => newResource(context, type, rep);
    }
    case 'resource.rep': {
      const type = assembly.resources[canonical.resource]!;
      return (index: number) => getResourceRep(context, type, index);
    }
    case 'task.return':
      return canonical.plan.bind(context, bindingsOf(assembly, canonical.bindings));
    case 'context.get':
      return () => context.task.context[canonical.slot]!;
    case 'context.set':
      return (value: number) => {
        context.task.context[canonical.slot] = value;
      };
    case 'unsupported':
      return () => {
        if (!context.mayLeave) trapAbi(`cannot leave component instance: ${canonical.name}`);
        trapAbi(`unsupported: ${canonical.name}`);
      };
  }
}

/** Lets the host end a resource of the guest: the destructor has its turn like any other call. */
function bindDestructor(assembly: Assembly, type: ResourceType, core: CoreFunction): void {
  type.destructor = core;
  const callee = destructorPlan.bind(type.owner!, {}, core);
  const { runner } = assembly;
  type.drop = (rep: number) => {
    // A trap in it ends the instance, which the next call is told of.
    runner.run(() => callee.call([rep >>> 0]), undefined, true).catch(() => undefined);
  };
}

function bytesOf(instances: readonly WebAssembly.Exports[]): number {
  const memories = new Set<WebAssembly.Memory>();
  for (const exports of instances) {
    for (const value of Object.values(exports)) if (value instanceof WebAssembly.Memory) memories.add(value);
  }
  let bytes = 0;
  for (const memory of memories) bytes += memory.buffer.byteLength;
  return bytes;
}
