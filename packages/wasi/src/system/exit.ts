/** The guest ended itself. It reaches the host as the `cause` of the trap that ended the call. */
export class Exit extends Error {
  override readonly name = 'Exit';
  /** 0 to 255; 0 is success. */
  readonly code: number;
  constructor(code: number) {
    super(`the guest ended itself with exit code ${code}`);
    this.code = code;
  }
}
