import type { ResourceType } from '../abi/model.ts';

/**
 * A guest's resource in the hands of the host (or on its way from one component to another). An owned one ends when it
 * is passed on as `own` or dropped; a borrowed one, when the call that showed it returns. Both end when their instance is
 * put back.
 */
export class GuestResource {
  readonly type: ResourceType;
  readonly owned: boolean;
  #rep: number;
  readonly #generation: number;
  #live = true;

  constructor(type: ResourceType, rep: number, owned: boolean) {
    this.type = type;
    this.#rep = rep;
    this.owned = owned;
    this.#generation = type.generation;
  }

  get live(): boolean {
    return this.#live && this.#generation === this.type.generation;
  }

  /** Why it is not live. */
  get end(): string {
    return this.#generation === this.type.generation
      ? 'was dropped or passed on before'
      : 'belongs to an earlier state of its instance, which was restored since';
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
    if (!this.live) throw new TypeError(`this ${this.type.name} ${this.end}`);
    this.#live = false;
    return this.#rep;
  }

  /** Lets an owned resource go: its component runs the destructor. A second time, nothing happens. */
  drop(): void {
    if (!this.live || !this.owned) return;
    this.#live = false;
    this.type.drop?.(this.#rep);
  }

  [Symbol.dispose](): void {
    this.drop();
  }
}
