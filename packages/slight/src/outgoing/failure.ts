import { CapabilityError } from '../capabilities/core/error.ts';
import { isIdempotent } from './request.ts';
import type { Step } from './request.ts';

/** What undici and the system say before anything of a request was sent. */
const unreached: { readonly [code: string]: string } = {
  ECONNREFUSED: 'nobody listens there',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  EADDRNOTAVAIL: 'there is no way to it',
  ETIMEDOUT: 'the connection was not made in time',
  UND_ERR_CONNECT_TIMEOUT: 'the connection was not made in time',
};

/** Why a request failed, in the words of the closed set. */
export function describeFailure({ url, method }: Step, thrown: unknown): CapabilityError {
  if (thrown instanceof CapabilityError) return thrown;
  const { name, code = '', message } = thrown as Error & { code?: string };
  const say = (kind: 'unavailable' | 'resource-exhausted' | 'internal', what: string, details = {}) =>
    new CapabilityError(kind, `outgoing HTTP to ${url.origin}: ${what}`, { cause: thrown, ...details });
  const reason = unreached[code];
  if (reason !== undefined)
    return say('unavailable', `${reason}. Check that the server runs, and its name and port`);
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return say('resource-exhausted', 'the head of the answer is too large');
  if (name === 'HTTPParserError')
    return say('internal', 'the answer is not HTTP. Check scheme and port', { outcome: outcomeOf(method) });
  if (/^ERR_(TLS|SSL)|CERT|SELF_SIGNED|UNABLE_TO|EPROTO/.test(code))
    return say('unavailable', `no trust could be established (${message}). Check its certificate`, {
      retryable: false,
    });
  return say('unavailable', 'the connection broke off', { outcome: outcomeOf(method) });
}

/** Time is up before the head of an answer came. */
export function tooLate({ url, method }: Step, milliseconds: number): CapabilityError {
  return new CapabilityError(
    'timeout',
    `outgoing HTTP to ${url.origin}: no answer within ${milliseconds} ms`,
    {
      outcome: outcomeOf(method),
    },
  );
}

/** Nothing of a body moves. */
export function stalled({ url, method }: Step, milliseconds: number, upload: boolean): CapabilityError {
  const what = upload ? 'the server took nothing of the body' : 'nothing more of the body came';
  return new CapabilityError('timeout', `outgoing HTTP to ${url.origin}: ${what} for ${milliseconds} ms`, {
    outcome: outcomeOf(method),
  });
}

function outcomeOf(method: string): 'none' | 'unknown' {
  return isIdempotent(method) ? 'none' : 'unknown';
}
