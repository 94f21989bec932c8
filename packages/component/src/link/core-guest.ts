import type { CoreFunction } from '../abi/model.ts';
import { canWait } from '../abi/pending.ts';
import type { CallOptions, MaybePromise, Trap } from '../api.ts';
import type { ModuleInterface } from '../binary/syntax.ts';
import type { CoreGuest } from '../core-api.ts';
import type { Runner } from '../runtime/runner.ts';
import { makeTrap, trapFromGuest } from '../runtime/trap.ts';
import { checkValue } from './core-host.ts';

/** A function that the guest exports. */
export interface CoreExport {
  readonly core: CoreFunction;
  /** Undefined where they could not be made out. */
  readonly params: readonly string[] | undefined;
  /** Made when it is first called so that it may wait. */
  promising: CoreFunction | undefined;
}

/** What a turn may use, and when its time is over, on the clock of `performance.now`. */
export interface TurnBounds {
  readonly options: CallOptions;
  readonly until: number;
}

const unbounded: TurnBounds = { options: {}, until: Infinity };

/** The bounds of a turn that is asked for now. */
export function boundTurn(options: CallOptions): TurnBounds {
  const { deadline } = options;
  return { options, until: deadline === undefined ? Infinity : performance.now() + deadline };
}

/** The guest of one core instance, as calls go into it; `Runner` sees to it that one turn is under way at a time. */
export class Guest implements CoreGuest {
  readonly #runner: Runner;
  readonly #functions = new Map<string, CoreExport>();
  readonly #memories = new Map<string, WebAssembly.Memory>();
  /** The turn under way. */
  #turn: TurnBounds | undefined;
  /** Whether an export runs that may wait. */
  #calling = false;
  /** What ended the turn, for whoever caught it. */
  #trap: Trap | undefined;

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  /** Takes the exports over, once there are any. */
  adopt(exports: WebAssembly.Exports, { exports: types }: ModuleInterface): void {
    for (const [name, value] of Object.entries(exports)) {
      if (value instanceof WebAssembly.Memory) this.#memories.set(name, value);
      const type = types.get(name);
      if (type?.kind !== 'func') continue;
      const params = type.unknown === true ? undefined : type.type.params;
      this.#functions.set(name, { core: value as unknown as CoreFunction, params, promising: undefined });
    }
  }

  get memoryBytes(): number {
    return [...new Set(this.#memories.values())].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  }

  memory(name = 'memory'): WebAssembly.Memory {
    return this.#memories.get(name) ?? refuse('memory', name, this.#memories.keys());
  }

  call(name: string, args: readonly unknown[]): Promise<unknown> {
    return this.enter(this.find(name, args), args);
  }

  callSync(name: string, args: readonly unknown[]): unknown {
    return this.enterSync(this.find(name, args), args);
  }

  /** @throws {TypeError} where there is no such function, or an argument does not fit */
  find(name: string, args: readonly unknown[]): CoreExport {
    const found = this.#functions.get(name) ?? refuse('function', name, this.#functions.keys());
    const { params } = found;
    if (params === undefined) return found;
    if (args.length !== params.length)
      throw new TypeError(`${name}: expected ${params.length} arguments, found ${args.length}`);
    for (const [index, type] of params.entries()) {
      const problem = checkValue(type, args[index]);
      if (problem !== undefined) throw new TypeError(`${name}: argument ${index}${problem}`);
    }
    return found;
  }

  /** Runs `work` as one turn, when the runner has said that it may begin. */
  async take<T>(work: (guest: CoreGuest) => MaybePromise<T>, bounds: TurnBounds): Promise<T> {
    this.#begin(bounds);
    try {
      const value = await work(this);
      this.rethrow();
      return value;
    } catch (error) {
      throw this.#trap ?? error;
    } finally {
      this.#turn = undefined;
    }
  }

  /** The same without the promise. */
  takeSync(exported: CoreExport, args: readonly unknown[]): unknown {
    this.#begin(unbounded);
    try {
      return this.enterSync(exported, args);
    } finally {
      this.#turn = undefined;
    }
  }

  enter(exported: CoreExport, args: readonly unknown[]): Promise<unknown> {
    this.#check();
    if (this.#calling) throw new Error('Another call into this core module is not over yet');
    const { limits, store } = this.#runner;
    exported.promising ??= promise(exported.core);
    this.#calling = true;
    limits.enter(canWait);
    const running: Promise<unknown> = exported.promising(...args);
    limits.leave();
    return running.then(
      (value) => {
        this.#calling = false;
        // It may have waited, and then has the thread still.
        limits.leave();
        return value;
      },
      (error: unknown) => {
        this.#calling = false;
        store.interrupt = undefined;
        limits.leave();
        throw this.#note(error);
      },
    );
  }

  enterSync({ core }: CoreExport, args: readonly unknown[]): unknown {
    this.#check();
    const { limits } = this.#runner;
    limits.enter(false);
    try {
      return core(...args);
    } catch (error) {
      throw this.#note(error);
    } finally {
      limits.leave();
    }
  }

  /** A guest that trapped does not go on, though a function of the host has caught the trap. */
  rethrow(): void {
    if (this.#trap !== undefined) throw this.#trap;
  }

  #begin(bounds: TurnBounds): void {
    this.#trap = undefined;
    this.#calling = false;
    this.#turn = bounds;
  }

  /** Bounds that passed while the work of a turn waited for something else. */
  #check(): void {
    if (this.#turn === undefined)
      throw new Error('This core module can only be entered while a call is under way');
    const { until, options } = this.#turn;
    this.rethrow();
    if (!this.#runner.alive) throw this.#note(makeTrap('cancelled', 'The instance was disposed of'));
    if (options.signal?.aborted === true) throw this.#note(makeTrap('cancelled', 'The call was given up'));
    if (performance.now() >= until)
      throw this.#note(makeTrap('deadline', `The call did not finish within its ${options.deadline} ms`));
  }

  #note(error: unknown): Trap {
    return (this.#trap ??= trapFromGuest(error));
  }
}

function promise(core: CoreFunction): CoreFunction {
  return canWait ? WebAssembly.promising(core) : async (...args) => core(...args);
}

function refuse(what: string, name: string, there: Iterable<string>): never {
  const names = [...there].join(', ');
  const exported = names === '' ? 'none' : names;
  throw new TypeError(
    `The core module exports no ${what} ${JSON.stringify(name)}; what it exports of them: ${exported}.`,
  );
}
