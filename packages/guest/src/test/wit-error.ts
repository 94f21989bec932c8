import type { Error as WitError, ErrorCode } from 'spiderlightning:cloud/types@0.6.0';

/** An error as QuickJS throws what WIT calls the error of a result. */
export function witError(code: ErrorCode, message: string): Error & { payload: WitError } {
  const retryable = code === 'unavailable' || code === 'timeout' || code === 'aborted';
  return Object.assign(new Error(message), {
    payload: { code, message, retryable, outcome: 'none' as const },
  });
}
