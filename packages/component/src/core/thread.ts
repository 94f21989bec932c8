import type { GuestLimits } from './limits.ts';
import type { MemoryKeeper } from './memory.ts';
import { ASLEEP, FLAG, SLICE } from './watchdog.ts';
import { Writer } from './writer.ts';

/** What the core-module services need of the platform that they run on. */
export interface Platform {
  /** Milliseconds from any origin, with fractions; never goes back. */
  now(): number;
  /** CPU time of this thread, in the same unit; where it cannot be had, the same as `now`. */
  cpu(): number;
  /** Resolves when everything else that is ready on this thread has had its turn: timers, sockets, promises. */
  turn(): Promise<void>;
  /** How much of its address space this process uses, and all of it, in bytes; undefined where the system does not tell. */
  addresses?(): { readonly used: number; readonly all: number } | undefined;
  /**
   * Starts a thread that runs `WATCHDOG_SOURCE` with these words, which are in shared memory, and does not keep the
   * process alive. Where that is impossible it does nothing: guests then run uninterrupted.
   */
  startWatchdog(words: Int32Array): void;
}

/** Bytes of addresses that a process has: user space of x86-64, and of arm64 on macOS and Windows. */
export const USUAL_SPACE = 2 ** 47;

/** Each may have a stack, and its instance a memory: V8 aborts the process where the addresses for 16,000 are wanted. */
const MOST_CALLS = 10_000;

/** The guests of one JavaScript thread: one of them runs at a time, and they share one flag. */
export interface GuestThread {
  readonly platform: Platform;
  readonly flag: WebAssembly.Memory;
  readonly words: Int32Array;
  /** The guest that has the thread. */
  current: GuestLimits | undefined;
  /** Number of the last slice. */
  slice: number;
  /** CPU time of the thread when it was last read, and when that was on the clock of `now`. */
  cpu: number;
  cpuReadAt: number;
  /** Whether the watchdog has been started. */
  watched: boolean;
  /** Calls under way, of all instances, and most that may be: see `wear.ts`. */
  calls: number;
  mostCalls: number;
  /** Calls that began while V8 had given away the stacks that it keeps. */
  overlapping: number;
  /** Fill the added table of functions, by slot. */
  readonly functions: readonly WebAssembly.ExportValue[];
}

/**
 * Begins a slice for the guest that has the thread. A slice outlives its guest's time: that the flag is then set for
 * nobody does no harm, and to end it would cost every wait an atomic store.
 */
export function startSlice(thread: GuestThread): void {
  const { words } = thread;
  thread.slice = (thread.slice % 0x7fff_ffff) + 1;
  if (words[FLAG] !== 0) Atomics.store(words, FLAG, 0);
  Atomics.store(words, SLICE, thread.slice);
  if (Atomics.load(words, ASLEEP) !== 0) Atomics.notify(words, SLICE);
  if (!thread.watched) {
    thread.platform.startWatchdog(words);
    thread.watched = true;
  }
}

/** Reads the CPU time of the thread. @param now so as not to ask again */
export function readCpu(thread: GuestThread, now: number): number {
  thread.cpuReadAt = now;
  return (thread.cpu = thread.platform.cpu());
}

const EXTERNREF = 0x6f;
const F64 = 0x7c;
const I32 = 0x7f;

/**
 * The way from guests to the host: one small module for the thread. No JavaScript frame is on the stack while `pause`
 * suspends.
 *
 * ```wat
 * (func (export "tick") (if (call $decide) (then (call $resume (call $pause)))))
 * (export "grow" (func $grow))
 * ```
 */
function encodeBridge(): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writer.copy([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const signatures = [
    [0x60, 0, 1, I32], // decide
    [0x60, 0, 1, EXTERNREF], // pause
    [0x60, 1, EXTERNREF, 0], // resume
    [0x60, 2, EXTERNREF, F64, 1, F64], // grow
    [0x60, 0, 0], // tick
  ];
  writer.section(1, () => {
    writer.unsigned(signatures.length);
    for (const signature of signatures) writer.copy(signature);
  });
  writer.section(2, () => {
    const names = ['decide', 'pause', 'resume', 'grow'];
    writer.unsigned(names.length);
    names.forEach((name, type) => {
      writer.name('host');
      writer.name(name);
      writer.copy([0, type]);
    });
  });
  writer.section(3, () => writer.copy([1, 4]));
  writer.section(7, () => {
    writer.unsigned(2);
    for (const [name, index] of [
      ['tick', 4],
      ['grow', 3],
    ] as const) {
      writer.name(name);
      writer.copy([0, index]);
    }
  });
  // call decide, if, call pause, call resume, end
  const body = [0, 0x10, 0, 0x04, 0x40, 0x10, 1, 0x10, 2, 0x0b, 0x0b];
  writer.section(10, () => writer.copy([1, body.length, ...body]));
  return writer.finish();
}

/** Makes ready for the guests of this JavaScript thread. Costs a shared memory, so one for each thread is enough. */
export function createGuestThread(platform: Platform): GuestThread {
  const flag = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const words = new Int32Array(flag.buffer);
  const bridge = new WebAssembly.Instance(new WebAssembly.Module(encodeBridge()), {
    host: {
      decide: () => {
        Atomics.store(words, FLAG, 0);
        return thread.current?.decide() ?? 0;
      },
      pause: new WebAssembly.Suspending(() => {
        const guest = thread.current!;
        guest.detach();
        return platform.turn().then(() => guest);
      }),
      resume: (guest: GuestLimits) => guest.attach(),
      grow: (keeper: MemoryKeeper, pages: number) => keeper.grow(pages),
    },
  });
  const { tick, grow } = bridge.exports as Record<'tick' | 'grow', WebAssembly.ExportValue>;
  const thread: GuestThread = {
    platform,
    flag,
    words,
    current: undefined,
    slice: 0,
    cpu: 0,
    cpuReadAt: -Infinity,
    watched: false,
    calls: 0,
    mostCalls: MOST_CALLS,
    overlapping: 0,
    functions: [tick, grow],
  };
  return thread;
}
