/** What is to happen at a place in the code: look at the flag there, or call a stand-in for `memory.size` or `grow`. */
export const CHECK = 0;
export const SIZE = 1;
export const GROW = 2;
/** Noted, and found not to be needed. */
export const NOTHING = 3;
/** Note which block a store writes to, or which ones an instruction that writes many bytes. */
export const STORE = 4;
export const STORE_MANY = 5;

/**
 * Places in the code section, in ascending order. Parallel arrays because a large module has tens of thousands.
 */
export class Edits {
  count = 0;
  /** Whether stores are noted too. */
  readonly withStores: boolean;
  /** Name of an instruction whose effect cannot be put back. */
  lasting: string | undefined;
  /** Where the bytes that go away begin, and end: the same for what is only put in. */
  start = new Int32Array(1024);
  end = new Int32Array(1024);
  kind = new Uint8Array(1024);
  /** Whether it writes to memory in a way that cannot be noted. */
  unnoted = false;
  /** With SIZE and GROW: the index of the memory. With STORE: the type of the value. */
  memory = new Int32Array(1024);

  constructor(withStores: boolean) {
    this.withStores = withStores;
  }

  add(kind: number, start: number, end: number = start, memory = 0): void {
    const at = this.count++;
    if (at === this.start.length) this.#enlarge();
    this.start[at] = start;
    this.end[at] = end;
    this.kind[at] = kind;
    this.memory[at] = memory;
  }

  #enlarge(): void {
    this.start = enlarge(this.start);
    this.end = enlarge(this.end);
    this.memory = enlarge(this.memory);
    const kind = new Uint8Array(this.kind.length * 2);
    kind.set(this.kind);
    this.kind = kind;
  }
}

/** Calls, in the order of the code. */
export class CallSites {
  count = 0;
  /** Index of the function that is called, or -1 where that turns out at run time. */
  callee = new Int32Array(1024);

  add(callee: number): void {
    const at = this.count++;
    if (at === this.callee.length) this.callee = enlarge(this.callee);
    this.callee[at] = callee;
  }
}

function enlarge(old: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(old.length * 2);
  larger.set(old);
  return larger;
}
