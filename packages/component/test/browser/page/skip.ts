/** Thrown where a test cannot run in a page; its message says why. */
export class Skip extends Error {
  override readonly name = 'Skip';
}
