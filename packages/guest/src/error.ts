import type { ErrorCode, Outcome, Error as WitError } from 'spiderlightning:cloud/types@0.6.0';

import { framesOf, trimFrames } from './platform/frames.ts';

export type { ErrorCode, Outcome };

/** A capability said no. `message` says what happened, where, and how to fix it. */
export class CapabilityError extends Error {
  override readonly name = 'CapabilityError';
  readonly code: ErrorCode;
  /** Whether the same call may succeed later, unchanged. */
  readonly retryable: boolean;
  /** `unknown`: the write may have happened all the same; read before you repeat it. */
  readonly outcome: Outcome;

  constructor(error: WitError) {
    super(error.message);
    this.code = error.code;
    this.retryable = error.retryable;
    this.outcome = error.outcome;
  }
}

/** Ends a request with this status; thrown anywhere in a handler. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  /** 400 to 599. */
  readonly status: number;
  /** Headers that go with the answer. */
  readonly headers: { readonly [name: string]: string };

  /** The client sees `message`. */
  constructor(status: number, message: string, headers: { readonly [name: string]: string } = {}) {
    super(message);
    if (!Number.isInteger(status) || status < 400 || status > 599)
      throw new RangeError(`an HttpError has a status from 400 to 599, not ${status}`);
    this.status = status;
    this.headers = headers;
  }
}

/**
 * Runs a call of a capability. QuickJS throws what WIT calls the error of a result as an Error that holds it in
 * `payload`; here it becomes a CapabilityError.
 */
export function translateErrors<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    const payload = (error as { payload?: unknown } | null)?.payload;
    if (isWitError(payload)) throw withOwnStack(new CapabilityError(payload));
    throw error;
  }
}

/** In plain Node, where the stack is what a failing test shows. */
function withOwnStack(error: CapabilityError): CapabilityError {
  const frames = framesOf(error);
  const own = trimFrames(frames);
  if (own !== frames) error.stack = `${error.name}: ${error.message}\n${own}`;
  return error;
}

function isWitError(value: unknown): value is WitError {
  return typeof value === 'object' && value !== null && 'code' in value && 'retryable' in value;
}
