import type { GuestResource } from './guest-resource.ts';
import type { ResourceHandle } from './handles.ts';

/** The handles that one call has borrowed: none of them can be dropped or passed on before the call is over. */
export class Loans {
  /** Kept from call to call, since to empty an array gives its store back. */
  readonly #handles: (ResourceHandle | undefined)[] = [];
  readonly #shown: GuestResource[] = [];
  #count = 0;

  get empty(): boolean {
    return this.#count === 0;
  }

  /** @param shown what the host, or another component, sees of a guest's resource */
  add(handle: ResourceHandle, shown?: GuestResource): void {
    handle.lends++;
    this.#handles[this.#count++] = handle;
    if (shown !== undefined) this.#shown.push(shown);
  }

  /** Ends them all. */
  release(): void {
    for (let i = 0; i < this.#count; i++) {
      this.#handles[i]!.lends--;
      this.#handles[i] = undefined;
    }
    this.#count = 0;
    if (this.#shown.length === 0) return;
    for (const resource of this.#shown) resource.expire();
    this.#shown.length = 0;
  }
}
