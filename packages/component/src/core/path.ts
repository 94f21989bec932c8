/** Opcodes after which another instruction may come next than the one behind. */
const UNREACHABLE = 0x00;
const BLOCK = 0x02;
const IF = 0x04;
const ELSE = 0x05;
const TRY = 0x06;
const CATCH = 0x07;
const END = 0x0b;
const BRANCH = 0x0c;
const BRANCH_IF = 0x0d;
const RETURN = 0x0f;
const DELEGATE = 0x18;
const CATCH_ALL = 0x19;
const BRANCH_ON_NULL = 0xd5;
const BRANCH_ON_NON_NULL = 0xd6;

const NOTHING = -Infinity;

/**
 * How much code may have run since the guest last looked at the flag, by whichever way it came to the present place:
 * bytes, and the weights of what was called. Where ways meet the longest counts; code that no way leads to counts as
 * nothing. What a handler of exceptions begins with is not known, so it is `most`.
 */
export class Path {
  readonly #most: number;
  /** The present place less the cost: grows with neither, so that most instructions need not be told. */
  #origin: number;
  /** By nesting: the cost of the branches to the block's end; of not taking an `if`; whether it is a loop. */
  readonly #ends: number[] = [];
  readonly #otherwise: number[] = [];
  readonly #loops: boolean[] = [];

  /** @param at the beginning of the function's code, where it looks, or which is the first to be counted */
  constructor(at: number, most: number) {
    this.#origin = at;
    this.#most = most;
    this.#enter(NOTHING, false);
  }

  /** Whether there is to be a look at this place. */
  isLong(at: number): boolean {
    return at - this.#origin > this.#most;
  }

  look(at: number): void {
    this.#origin = at;
  }

  call(weight: number): void {
    this.#origin -= weight;
  }

  /** Nothing comes from before to behind this place. */
  leave(): void {
    this.#origin = Infinity;
  }

  /** A loop looks at its head. */
  loop(at: number): void {
    this.#enter(NOTHING, true);
    this.look(at);
  }

  branch(label: number, at: number): void {
    const block = this.#ends.length - 1 - label;
    if (!this.#loops[block]) this.#reach(block, at - this.#origin);
  }

  /** From anywhere in what follows. */
  branchOnException(label: number): void {
    const block = this.#ends.length - 1 - label;
    if (!this.#loops[block]) this.#reach(block, this.#most);
  }

  enter(): void {
    this.#enter(NOTHING, false);
  }

  /** @param label of a branch */
  step(opcode: number, label: number, at: number): void {
    const innermost = this.#ends.length - 1;
    const cost = at - this.#origin;
    switch (opcode) {
      case BLOCK:
      case TRY:
        return this.#enter(NOTHING, false);
      case IF:
        return this.#enter(cost, false);
      case ELSE:
        this.#reach(innermost, cost);
        this.#origin = at - this.#otherwise[innermost]!;
        this.#otherwise[innermost] = NOTHING;
        return;
      case CATCH:
      case CATCH_ALL:
        this.#reach(innermost, cost);
        this.#origin = at - this.#most;
        return;
      case END:
      case DELEGATE:
        this.#origin = at - Math.max(cost, this.#ends.pop()!, this.#otherwise.pop()!);
        this.#loops.pop();
        return;
      case BRANCH_IF:
      case BRANCH_ON_NULL:
      case BRANCH_ON_NON_NULL:
        return this.branch(label, at);
      case BRANCH:
        this.branch(label, at);
        return this.leave();
      case UNREACHABLE:
      case RETURN:
        return this.leave();
    }
  }

  #enter(otherwise: number, loop: boolean): void {
    this.#ends.push(NOTHING);
    this.#otherwise.push(otherwise);
    this.#loops.push(loop);
  }

  #reach(block: number, cost: number): void {
    if (cost > this.#ends[block]!) this.#ends[block] = cost;
  }
}
