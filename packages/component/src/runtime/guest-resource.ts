import type { ResourceType } from '../abi/model.ts';

/**
 * A guest's resource in the hands of the host (or on its way from one component to another). An owned one ends when it
 * is passed on as `own` or dropped; a borrowed one, when the call that showed it returns.
 */
export class GuestResource {
  readonly type: ResourceType;
  readonly owned: boolean;
  #rep: number;
  #live = true;

  constructor(type: ResourceType, rep: number, owned: boolean) {
    this.type = type;
    this.#rep = rep;
    this.owned = owned;
  }

  get live(): boolean {
    return this.#live;
  }

  /** The representation, for the component that implements it. */
  get rep(): number {
    return this.#rep;
  }

  /** Makes this object unusable: the resource has moved on, or the loan is over. */
  expire(): void {
    this.#live = false;
  }

  /**
   * Gives the representation away.
   * @throws {TypeError} where that was done before, as with one resource given twice in the same call
   */
  take(): number {
    if (!this.#live) throw new TypeError(`this ${this.type.name} was dropped or passed on before`);
    this.#live = false;
    return this.#rep;
  }

  /** Lets an owned resource go: its component runs the destructor. A second time, nothing happens. */
  drop(): void {
    if (!this.#live || !this.owned) return;
    this.#live = false;
    this.type.drop?.(this.#rep);
  }

  [Symbol.dispose](): void {
    this.drop();
  }
}
