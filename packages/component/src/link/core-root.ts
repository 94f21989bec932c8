import type { InstanceContext } from '../abi/model.ts';
import type { CallOptions, MaybePromise } from '../api.ts';
import type { CoreGuest, CoreImports, CoreInstance, CoreInstantiateOptions } from '../core-api.ts';
import { instantiateModule as instantiateCore } from '../core/instance.ts';
import { createLimits } from '../core/limits.ts';
import { hostThread, threadReady } from '../platform/host-thread.ts';
import { createTask, HandleTable } from '../runtime/handles.ts';
import { Runner } from '../runtime/runner.ts';
import { InstanceState } from '../runtime/state.ts';
import { boundTurn, Guest } from './core-guest.ts';
import { bindCoreImports } from './core-host.ts';
import { CoreModule } from './core-module.ts';
import { describeFailure } from './instantiate.ts';
import { findRestorer } from './restorer.ts';

/**
 * Makes an instance of a core module; its start function, where it has one, has run then.
 *
 * @param imports the functions of the host, or what makes them of the guest that is going to call them
 * @throws {ComponentError} `missing-import` (all of them at once), `link`; `unsupported` for imports that are no
 * functions of numbers
 * @throws {Trap} where the start function traps
 */
export async function instantiateModule(
  module: CoreModule,
  imports: CoreImports | ((guest: CoreGuest) => CoreImports) = {},
  options: CoreInstantiateOptions = {},
): Promise<CoreInstance> {
  const { compiled, types, snapshots } = CoreModule.open(module);
  const ready = threadReady();
  if (ready !== undefined) await ready;
  const limits = createLimits(hostThread(), { memory: options.memory });
  const runner = new Runner(limits, options.queue);
  const guest = new Guest(runner);
  const context = createContext(runner);
  const given = typeof imports === 'function' ? imports(guest) : imports;
  const bound = bindCoreImports(types, given, context, () => guest.rethrow());
  try {
    const { exports, start } = instantiateCore(compiled.module, compiled.shape, bound, limits);
    guest.adopt(exports, types);
    if (start !== undefined) {
      const bounds = options.cpu === undefined ? {} : { cpu: options.cpu, deadline: options.cpu };
      const init = { core: start, params: [], promising: undefined };
      await runner.run(() => guest.take(() => guest.enter(init, []), boundTurn(bounds)), bounds);
    }
  } catch (error) {
    runner.dispose();
    throw describeFailure(error);
  }
  const state = new InstanceState([context], [], []);
  // The host writes to this memory as it likes.
  const restorer = findRestorer({ modules: [compiled], snapshots }, runner, options, false);
  if (typeof restorer === 'string') state.unrestorable = restorer;
  else state.keep(restorer);
  const measure = compiled.shape === undefined ? () => guest.memoryBytes : () => limits.memoryBytes;
  return new Instance(guest, runner, state, measure);
}

/** The bindings of imports stand in a component instance: here one that has nothing but its lock. */
function createContext({ store }: Runner): InstanceContext {
  return {
    store,
    parent: undefined,
    handles: new HandleTable(),
    resources: [],
    mayEnter: true,
    mayLeave: true,
    task: createTask(),
  };
}

/** A core instance as the host sees it. */
class Instance implements CoreInstance {
  readonly #guest: Guest;
  readonly #runner: Runner;
  readonly #state: InstanceState;
  readonly #measure: () => number;

  constructor(guest: Guest, runner: Runner, state: InstanceState, measure: () => number) {
    this.#guest = guest;
    this.#runner = runner;
    this.#state = state;
    this.#measure = measure;
  }

  get alive(): boolean {
    return this.#runner.alive;
  }

  get memoryBytes(): number {
    return this.#measure();
  }

  get unrestorable(): string | undefined {
    return this.#state.unrestorable;
  }

  async call(name: string, args: readonly unknown[], options?: CallOptions): Promise<unknown> {
    const exported = this.#guest.find(name, args);
    return this.run(() => this.#guest.enter(exported, args), options);
  }

  callSync(name: string, args: readonly unknown[]): unknown {
    const exported = this.#guest.find(name, args);
    return this.#runner.runSync(() => this.#guest.takeSync(exported, args));
  }

  async run<T>(work: (guest: CoreGuest) => MaybePromise<T>, options: CallOptions = {}): Promise<T> {
    const bounds = boundTurn(options);
    return this.#runner.run(() => this.#guest.take(work, bounds), options);
  }

  restore(): boolean {
    if (this.#state.unrestorable !== undefined || !this.#runner.close()) return false;
    return this.#state.putBack() && this.#runner.reopen();
  }

  dispose(): void {
    this.#runner.dispose();
  }
}
