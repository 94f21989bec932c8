import { ComponentError } from '../api.ts';
import type { Trap } from '../api.ts';
import { makeTrap } from '../runtime/trap.ts';
import { MemoryKeeper, PAGE } from './memory.ts';
import type { CallLimits, Limits } from './model.ts';
import { readCpu, startSlice } from './thread.ts';
import type { GuestThread } from './thread.ts';
import { FLAG } from './watchdog.ts';

/** 256 MiB. */
const DEFAULT_MEMORY = 0x1000_0000;

/** Most memories of one instance: V8 reserves 8 GiB of address space for each, of which a process has 128 TiB. */
const MOST_MEMORIES = 100;

/**
 * Limits of one component instance.
 *
 * @param options.memory most bytes of each linear memory; default 256 MiB
 */
export function createLimits(
  thread: GuestThread,
  options: { memory?: number | undefined } = {},
): GuestLimits {
  return new GuestLimits(thread, options.memory ?? DEFAULT_MEMORY);
}

/** Milliseconds in which a guest that has the thread is taken to run. To read the thread's CPU time takes 2 µs. */
const SHORT = 2;

/**
 * Time is taken in two ways, and only where a call has a CPU budget. A guest that soon gives the thread back is charged
 * the time for which it had it. One that has it longer may have been kept waiting by other processes, or by a host function that
 * waited for a disk: it is charged no more than the CPU time of the thread.
 */
export class GuestLimits implements Limits {
  readonly memory: number;
  suspendable = false;
  readonly thread: GuestThread;
  /** The mutable globals of all its core instances. */
  readonly globals: WebAssembly.Global<number | bigint>[] = [];
  readonly #keepers = new Map<WebAssembly.Memory, MemoryKeeper>();
  #cpu = Infinity;
  #until = Infinity;
  #deadline = Infinity;
  #used = 0;
  #stop: Trap | undefined;
  /** From when the guest is to be charged, on the clock of `now`; -1: it is not. */
  #since = -1;
  /** CPU time of the thread then, or up to `SHORT` before. */
  #base = 0;
  /** The thread's number of the slice that it was given; -1: none. */
  #slice = -1;
  /** Between `enter` and `leave`, turns left out. */
  #running = false;
  /** Who had the thread before and has it again afterwards; it runs, too. */
  #previous: GuestLimits | undefined;
  /** `suspendable` of the entries below the innermost one. */
  readonly #outer: boolean[] = [];

  constructor(thread: GuestThread, memory: number) {
    this.thread = thread;
    this.memory = memory;
  }

  get memoryBytes(): number {
    let pages = 0;
    for (const keeper of this.#keepers.values()) pages += keeper.pages;
    return pages * PAGE;
  }

  get memoryRefused(): number {
    return Math.max(0, ...this.keepers.map((keeper) => keeper.refused));
  }

  /**
   * Takes charge of a memory.
   * @throws {ComponentError} `link` where it is one too many
   */
  keep(memory: WebAssembly.Memory, keeper: MemoryKeeper): void {
    if (this.#keepers.size >= MOST_MEMORIES) {
      throw new ComponentError(
        'link',
        `A component instance has more than ${MOST_MEMORIES} linear memories: none may have so many`,
      );
    }
    this.#keepers.set(memory, keeper);
  }

  /** The keepers of all memories, in the order in which those were made. */
  get keepers(): MemoryKeeper[] {
    return [...this.#keepers.values()];
  }

  /** The keeper of a memory of this instance. */
  keeperOf(memory: WebAssembly.Memory): MemoryKeeper | undefined {
    return this.#keepers.get(memory);
  }

  begin({ cpu, deadline }: CallLimits, until?: number): void {
    this.#slice = -1;
    this.#cpu = cpu ?? Infinity;
    this.#deadline = deadline ?? Infinity;
    this.#until = until ?? (deadline === undefined ? Infinity : this.thread.platform.now() + deadline);
    this.#used = 0;
    this.#stop = undefined;
  }

  end(): void {
    this.#outer.length = 0;
    this.detach();
    this.begin({});
  }

  enter(suspendable: boolean): void {
    const { thread } = this;
    if (thread.current === this) {
      this.#outer.push(this.suspendable);
      this.suspendable = suspendable;
      return;
    }
    this.suspendable = suspendable;
    this.#take();
    // The watchdog need not come across a guest that never has the thread for long.
    if (this.#stop !== undefined || this.#used >= this.#cpu) Atomics.store(thread.words, FLAG, 1);
  }

  leave(): void {
    if (this.#outer.length === 0) this.detach();
    else this.suspendable = this.#outer.pop()!;
  }

  cancel(trap: Trap): void {
    this.#stop ??= trap;
    if (this.thread.current === this) Atomics.store(this.thread.words, FLAG, 1);
  }

  /**
   * Asked by the guest when it has seen the flag.
   * @returns whether it is to be suspended for a turn
   * @throws {Trap} where its time is over
   */
  decide(): 0 | 1 {
    this.#charge();
    this.#check();
    this.#count();
    this.#beginSlice();
    return this.suspendable ? 1 : 0;
  }

  /**
   * Asked before the host does work for the guest that may take long: a stack that unwinds can call for it again and again,
   * and never look. The flag stays, since here the guest cannot be suspended.
   * @throws {Trap} where its time is over
   */
  look(): void {
    if (this.thread.words[FLAG] === 0 || !this.#running) return;
    this.#charge();
    this.#check();
    this.#count();
  }

  /** Gives the thread to whoever had it before. */
  detach(): void {
    if (!this.#running) return;
    this.#running = false;
    const { thread } = this;
    if (thread.current !== this) return this.#stepOut();
    this.#charge();
    thread.current = this.#previous;
    this.#previous = undefined;
    const next = thread.current;
    if (next === undefined) return;
    next.#beginSlice();
    next.#count();
  }

  /** Ends out of turn: whoever took the thread from this guest gives it to the one before. */
  #stepOut(): void {
    let next = this.thread.current;
    while (next !== undefined && next.#previous !== this) next = next.#previous;
    if (next !== undefined) next.#previous = this.#previous;
    this.#previous = undefined;
  }

  /** Takes the thread again after a turn. */
  attach(): void {
    this.#take();
    this.#check();
  }

  #take(): void {
    const { thread } = this;
    // Nobody stands twice in the chain, or it would have no end.
    if (this.#running) this.#stepOut();
    this.#running = true;
    const previous = thread.current;
    if (previous !== undefined) previous.#charge();
    this.#previous = previous;
    thread.current = this;
    // To go on in the slice that it had, as after most waits, costs a third of beginning one.
    if (thread.slice !== this.#slice || thread.words[FLAG] !== 0) this.#beginSlice();
    this.#count();
  }

  #beginSlice(): void {
    startSlice(this.thread);
    this.#slice = this.thread.slice;
  }

  /** Begins to charge the guest. */
  #count(): void {
    if (this.#cpu === Infinity) return;
    const { thread } = this;
    this.#since = thread.platform.now();
    this.#base = this.#since - thread.cpuReadAt < SHORT ? thread.cpu : readCpu(thread, this.#since);
  }

  #charge(): void {
    if (this.#since < 0) return;
    const { thread } = this;
    const now = thread.platform.now();
    const time = now - this.#since;
    this.#since = -1;
    this.#used += time < SHORT ? time : Math.min(time, readCpu(thread, now) - this.#base);
  }

  #check(): void {
    if (this.#stop === undefined) {
      if (this.thread.platform.now() >= this.#until) {
        this.#stop = makeTrap(
          'deadline',
          `the guest did not finish within its ${Math.ceil(this.#deadline)} ms`,
        );
      } else if (this.#used >= this.#cpu) {
        this.#stop = makeTrap('cpu', `the guest used up its ${this.#cpu} ms of CPU time`);
      }
    }
    if (this.#stop !== undefined) throw this.#stop;
  }
}
