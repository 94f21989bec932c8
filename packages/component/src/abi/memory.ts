import { findMarks, markBlocks } from '../core/marks.ts';
import type { Marks } from '../core/marks.ts';
import { Loans } from '../runtime/loans.ts';
import { trapAbi, trapFromGuest } from '../runtime/trap.ts';
import { MAX_BYTES } from './layout.ts';
import type { CanonBindings, CanonOptions, CoreFunction, InstanceContext } from './model.ts';
import { detectTextCodec } from './text.ts';

/** How this platform turns bytes into text. */
export const textCodec = detectTextCodec();

/**
 * The views of one linear memory. Growth detaches them all, so whoever has let the guest run calls `refresh` before
 * touching them; a detached view has no length, which makes the question cheap.
 */
export class MemoryViews {
  readonly #memory: WebAssembly.Memory | undefined;
  bytes!: Uint8Array<ArrayBuffer>;
  view!: DataView<ArrayBuffer>;
  /** The same bytes as the text codec wants them. */
  text!: Uint8Array<ArrayBuffer>;
  /** To be told what is written to, where somebody wants to know. */
  readonly marks: Marks | undefined;

  constructor(memory: WebAssembly.Memory | undefined) {
    this.#memory = memory;
    this.marks = memory && findMarks(memory);
    this.#renew();
  }

  refresh(): void {
    if (this.bytes.length === 0 && this.#memory !== undefined) this.#renew();
  }

  #renew(): void {
    const buffer = this.#memory?.buffer ?? new ArrayBuffer(0);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.text = textCodec.view(buffer);
  }
}

const viewsOf = new WeakMap<WebAssembly.Memory, MemoryViews>();
const noMemory = new MemoryViews(undefined);

function viewMemory(memory: WebAssembly.Memory | undefined): MemoryViews {
  if (memory === undefined) return noMemory;
  let views = viewsOf.get(memory);
  if (views === undefined) viewsOf.set(memory, (views = new MemoryViews(memory)));
  return views;
}

/** What lifting and lowering stand in: one bound function of one instance. */
export interface AbiContext {
  readonly instance: InstanceContext;
  readonly memory: MemoryViews;
  readonly encoding: CanonOptions['encoding'];
  readonly realloc: CoreFunction | undefined;
  /** Bytes that the call may still bring into JavaScript. */
  budget: number;
  /** What is lent to the call whose parameters are being read. */
  loans: Loans;
}

export function createContext(
  instance: InstanceContext,
  options: CanonOptions,
  bindings: CanonBindings,
): AbiContext {
  return {
    instance,
    memory: viewMemory(bindings.memory),
    encoding: options.encoding,
    realloc: bindings.realloc,
    budget: LIFT_BUDGET,
    loans: new Loans(),
  };
}

/**
 * Most bytes that the values of one call may take up in JavaScript, roughly: lists may overlap in a guest's memory, so
 * that without a bound a small one could fill the host's.
 */
const LIFT_BUDGET = 2 ** 29;

/** Begins to read values: views are renewed and the budget is full. */
export function beginLift(cx: AbiContext): void {
  cx.memory.refresh();
  cx.budget = LIFT_BUDGET;
}

/** Counts what is about to be read. */
export function spendBudget(cx: AbiContext, bytes: number): void {
  cx.budget -= bytes;
  if (cx.budget < 0) trapAbi(`the values of one call take up more than ${LIFT_BUDGET} bytes`);
}

/**
 * Runs a core function as a leaf: it can neither wait nor leave its instance.
 * @throws {Trap} the guest's own: whoever called for it, on either side, is not to blame
 */
export function callLeaf(
  cx: AbiContext,
  call: CoreFunction,
  a?: unknown,
  b?: unknown,
  c?: unknown,
  d?: unknown,
): any {
  const { instance } = cx;
  const { store } = instance;
  const suspendable = store.suspendable;
  store.suspendable = false;
  instance.mayLeave = false;
  let result: unknown;
  try {
    result = call(a, b, c, d);
  } catch (error) {
    throw trapFromGuest(error);
  }
  instance.mayLeave = true;
  store.suspendable = suspendable;
  cx.memory.refresh();
  return result;
}

/**
 * Asks the guest for memory. `what` is to lie there, for messages.
 * @throws {Trap} where the block is not aligned or not inside the memory
 */
export function allocate(cx: AbiContext, align: number, size: number, what: string): number {
  if (cx.realloc === undefined) trapAbi('lowering needs memory, but the function has no realloc option');
  const pointer = callLeaf(cx, cx.realloc, 0, 0, align, size) >>> 0;
  if ((pointer & (align - 1)) !== 0)
    trapAbi(`realloc return: result not aligned: unaligned pointer ${pointer}, ${what} align to ${align}`);
  if (pointer + size > cx.memory.bytes.length)
    trapAbi(`realloc return: beyond end of memory: ${outOfBounds(cx, pointer, size, what)}`);
  const { marks } = cx.memory;
  if (marks !== undefined) markBlocks(marks, pointer, size);
  return pointer;
}

/**
 * Takes a block that the guest gives for something to be written to.
 * @throws {Trap} where the block is not aligned or not inside the memory
 */
export function claimBlock(cx: AbiContext, pointer: number, align: number, size: number, what: string): void {
  checkBlock(cx, pointer, align, size, what);
  const { marks } = cx.memory;
  if (marks !== undefined) markBlocks(marks, pointer, size);
}

/** @throws {Trap} where the block is not aligned or not inside the memory */
export function checkBlock(cx: AbiContext, pointer: number, align: number, size: number, what: string): void {
  if ((pointer & (align - 1)) !== 0)
    trapAbi(`${what} pointer not aligned to ${align}: unaligned pointer ${pointer}`);
  if (pointer + size > cx.memory.bytes.length) trapAbi(outOfBounds(cx, pointer, size, what));
}

/** @throws {Trap} where a block is longer than what one string or list may be */
export function checkLength(pointer: number, size: number, what: string): void {
  if (size > MAX_BYTES)
    trapAbi(`${what} content out-of-bounds: ${size} bytes at ${pointer} are longer than ${MAX_BYTES}`);
}

function outOfBounds(cx: AbiContext, pointer: number, size: number, what: string): string {
  const { length } = cx.memory.bytes;
  return `${what} content out-of-bounds: ${what} pointer/length out of bounds of memory: ${pointer} + ${size} > ${length}`;
}

const noLoans = new Loans();

/** Takes the loans of the call that begins out of its context, which then serves other calls. */
export function takeLoans(cx: AbiContext): Loans {
  const { loans } = cx;
  if (loans.empty) return noLoans;
  cx.loans = new Loans();
  return loans;
}
