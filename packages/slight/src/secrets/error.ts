/** Secrets that cannot be read or kept. Nothing in it is secret. */
export class SecretsError extends Error {
  override readonly name = 'SecretsError';
  /** What happened, and where. */
  readonly what: string;
  /** What to do about it. */
  readonly fix: string;
  constructor(what: string, fix: string, cause?: unknown) {
    super(`${what}\n  fix: ${fix}`, { cause });
    this.what = what;
    this.fix = fix;
  }
}

/** What the system said of a file, in words. */
export function describeSystem(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? 'for an unknown reason' : `(${code})`;
}
