/** Old numbers of those names that the Web's own interfaces give to what they throw here. */
const codes: { readonly [name: string]: number } = {
  InvalidCharacterError: 5,
  AbortError: 20,
  TimeoutError: 23,
  DataCloneError: 25,
};

/** What the Web's interfaces throw; `name` tells the kind: `AbortError`, `TimeoutError`, `DataCloneError`. */
export class DOMException extends Error {
  override readonly name: string;

  constructor(message = '', name = 'Error') {
    super(message);
    this.name = name;
    // As on the Web it is no field of its own that a log would show.
    Object.defineProperty(this, 'name', { enumerable: false });
  }

  get code(): number {
    return codes[this.name] ?? 0;
  }
}
