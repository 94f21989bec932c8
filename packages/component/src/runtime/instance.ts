import type { Callee } from '../abi/model.ts';
import type { CallOptions, Instance, MaybePromise } from '../api.ts';
import type { Limits } from '../core/model.ts';
import type { CoreModule } from '../link/core-module.ts';
import { versionTrack } from '../types/versions.ts';
import type { Runner } from './runner.ts';
import type { InstanceState } from './state.ts';
import { trapFromHost } from './trap.ts';

/** An instance as the host sees it. */
export class ComponentInstance implements Instance {
  readonly #runner: Runner;
  readonly #state: InstanceState;
  readonly #functions: ReadonlyMap<string, Callee>;
  readonly #memories: () => number;
  readonly #limits: Pick<Limits, 'memoryRefused'>;
  readonly modules: ReadonlyMap<string, CoreModule>;
  #bound: Map<string, (args: readonly unknown[], options?: CallOptions) => Promise<unknown>> = new Map();

  constructor(
    runner: Runner,
    state: InstanceState,
    functions: ReadonlyMap<string, Callee>,
    memories: () => number,
    limits: Pick<Limits, 'memoryRefused'>,
    modules: ReadonlyMap<string, CoreModule>,
  ) {
    this.#runner = runner;
    this.#state = state;
    this.#functions = functions;
    this.#memories = memories;
    this.#limits = limits;
    this.modules = modules;
  }

  get alive(): boolean {
    return this.#runner.alive;
  }

  get memoryBytes(): number {
    return this.#memories();
  }

  get memoryRefused(): number {
    return this.#limits.memoryRefused;
  }

  held(): ReadonlyMap<string, number> {
    return this.#state.held();
  }

  async call(name: string, args: readonly unknown[], options?: CallOptions): Promise<unknown> {
    return this.bind(name)(args, options);
  }

  callSync(name: string, args: readonly unknown[]): unknown {
    const callee = this.#find(name);
    if (callee.kind === 'guest') return this.#runner.runSync(() => callee.callSync(args));
    return callee.call(...args);
  }

  bind(name: string): (args: readonly unknown[], options?: CallOptions) => Promise<unknown> {
    let bound = this.#bound.get(name);
    if (bound === undefined) {
      const callee = this.#find(name);
      const runner = this.#runner;
      bound =
        callee.kind === 'guest'
          ? (args, options) => runner.run(() => callee.call(args), options)
          : (args) => callHost(callee, args);
      this.#bound.set(name, bound);
    }
    return bound;
  }

  get unrestorable(): string | undefined {
    return this.#state.unrestorable;
  }

  restore(): MaybePromise<boolean> {
    if (this.#state.unrestorable !== undefined || !this.#runner.close()) return false;
    const released = this.#state.release();
    const putBack = (): boolean => this.#state.putBack() && this.#runner.reopen();
    return released === undefined ? putBack() : released.then(putBack);
  }

  dispose(): void {
    this.#runner.dispose();
  }

  #find(name: string): Callee {
    const found =
      this.#functions.get(name) ?? this.#functions.get(compatibleName(name, this.#functions.keys()));
    if (found !== undefined) return found;
    const names = [...this.#functions.keys()];
    const there = names.length === 0 ? 'it exports no functions' : `it exports ${names.join(', ')}`;
    throw new TypeError(`The component exports no function ${JSON.stringify(name)}: ${there}.`);
  }
}

/** A function that the component passes through from its host. */
async function callHost(callee: Callee & { kind: 'host' }, args: readonly unknown[]): Promise<unknown> {
  try {
    return await callee.call(...args);
  } catch (error) {
    throw trapFromHost(error, callee.name);
  }
}

/** Among names of functions the one of a compatible version, or the name itself. */
function compatibleName(name: string, names: Iterable<string>): string {
  const [wanted, member] = name.split('#');
  const track = versionTrack(wanted!);
  if (track === undefined) return name;
  for (const other of names) {
    const [candidate, candidateMember] = other.split('#');
    if (candidateMember === member && versionTrack(candidate!) === track) return other;
  }
  return name;
}
