/** The closed set of reasons; the same for every capability and every backend. Meanings: `types.wit`, `error-code`. */
export type ErrorCode =
  | 'not-found'
  | 'already-exists'
  | 'invalid-argument'
  | 'permission-denied'
  | 'unauthenticated'
  | 'precondition-failed'
  | 'aborted'
  | 'unsupported'
  | 'resource-exhausted'
  | 'unavailable'
  | 'timeout'
  | 'cancelled'
  | 'internal';

export interface ErrorDetails {
  /** Whether the same call may succeed later, unchanged. Default: true for `unavailable`, `timeout` and `aborted`. */
  readonly retryable?: boolean;
  /** Whether a failed write may have happened all the same. Default `none`. */
  readonly outcome?: 'none' | 'unknown';
  readonly detail?: unknown;
  readonly cause?: unknown;
  /** What to do, for whoever runs the app; guests do not see it. */
  readonly fix?: string | undefined;
}

/** The one error that backends and portable layers throw. Its message says what happened, where, and how to fix it. */
export class CapabilityError extends Error {
  override readonly name = 'CapabilityError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly outcome: 'none' | 'unknown';
  readonly detail: unknown;
  readonly fix: string | undefined;
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.retryable =
      details.retryable ?? (code === 'unavailable' || code === 'timeout' || code === 'aborted');
    this.outcome = details.outcome ?? 'none';
    this.detail = details.detail;
    this.fix = details.fix;
  }
}

/**
 * Throws the same error, for an operation that has written something before: where the backend went away, what happened in all
 * is unknown. `second.catch(failAfterWrite)`.
 */
export function failAfterWrite(error: unknown): never {
  if (!(error instanceof CapabilityError) || !/^(unavailable|timeout)$/.test(error.code)) throw error;
  const { code, message, retryable, detail, cause } = error;
  throw new CapabilityError(code, message, { retryable, outcome: 'unknown', detail, cause });
}

/**
 * Waits for several writes that are under way, also where one fails.
 * @throws what one of them threw; where others were done, the outcome is unknown
 */
export async function finishAll(writes: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(writes);
  const failed = results.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  if (failed.length === 0) return;
  const worst = failed.find((error) => (error as { outcome?: unknown }).outcome === 'unknown') ?? failed[0];
  if (failed.length < writes.length) failAfterWrite(worst);
  throw worst;
}

/**
 * The same error with `where: ` before its message; anything else that was thrown becomes `internal`. An operation
 * that only reads says so by `outcome`, which is then the error's.
 */
export function placeError(where: string, error: unknown, outcome?: 'none'): CapabilityError {
  if (error instanceof CapabilityError) {
    const { code, retryable, detail, cause, fix } = error;
    const details = { retryable, outcome: outcome ?? error.outcome, detail, cause, fix };
    return new CapabilityError(code, `${where}: ${error.message}`, details);
  }
  const message = error instanceof Error ? error.message : String(error);
  return new CapabilityError('internal', `${where}: the backend failed unexpectedly: ${message}`, {
    cause: error,
  });
}
