import { text } from './answer.ts';
import type { Answer } from './answer.ts';
import { CapabilityError, HttpError } from './error.ts';
import { log } from './log.ts';
import { inspect } from './platform/inspect.ts';
import type { GuestRequest } from './request.ts';

export type ErrorHandler = (error: unknown, req: GuestRequest) => Answer | Promise<Answer>;

/**
 * Makes the answer for what a handler threw, and writes it to the log where it is the app's fault or its backends'. A
 * client hears what an HttpError says and no more: other messages may tell what is nobody's business.
 */
export async function answerError(
  error: unknown,
  req: GuestRequest,
  onError: ErrorHandler | undefined,
): Promise<Answer> {
  const standard = defaultAnswer(error);
  if (standard.status >= 500)
    log('error', `${req.method} ${req.path} failed: ${inspect(error)}`, { request: req.id });
  if (onError === undefined) return standard;
  try {
    return await onError(error, req);
  } catch (second) {
    if (second === error) return standard;
    log('error', `onError failed: ${inspect(second)}`, { request: req.id });
    return plain(500, 'Internal Server Error');
  }
}

function defaultAnswer(error: unknown): Answer {
  if (error instanceof HttpError) return plain(error.status, error.message, error.headers);
  if (error instanceof CapabilityError && error.retryable)
    return plain(503, 'Service Unavailable', { 'retry-after': '1' });
  return plain(500, 'Internal Server Error');
}

function plain(status: number, message: string, headers: { readonly [name: string]: string } = {}): Answer {
  return text(`${message}\n`, { status, headers });
}
