import { CapabilityError } from '../capabilities/core/error.ts';
import { isHopByHop } from '../triggers/http-message.ts';
import { readUrl } from './allow.ts';

export type Headers = readonly (readonly [name: string, value: string])[];

/** What an app asks. Nothing in it has been checked. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** `stream`: `write` and `finish` give it. */
  readonly body: Uint8Array | 'stream' | undefined;
  readonly redirect: 'follow' | 'manual' | 'error';
  /** Milliseconds until the head of the answer has come, where the app has less patience than the host. */
  readonly timeout: number | undefined;
}

/** The head of an answer. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: [string, string][];
  readonly url: string;
  readonly redirected: boolean;
}

/** One request as it goes to one server. */
export interface Step {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: OutgoingRequest['body'];
  /** Redirects before it. */
  readonly hops: number;
}

/** What the host writes itself. */
const own = new Set(['host', 'content-length', 'expect', 'http2-settings']);
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const longestMethod = 32;
const mostHeaders = 256;
/** Bytes of all headers. */
const longestHead = 64 * 1024;
const mostHops = 10;

/**
 * The first step that a request takes.
 * @throws {CapabilityError} `invalid-argument`
 */
export function readRequest({ method, url: text, headers, body }: OutgoingRequest): Step {
  const url = readUrl(text);
  if (method.length > longestMethod || !token.test(method) || /^(connect|trace|track)$/i.test(method))
    throw invalid(url, `${JSON.stringify(method.slice(0, longestMethod))} is no method that can be sent`);
  if (body !== undefined && /^(get|head)$/i.test(method))
    throw invalid(url, `a ${method} request has no body`);
  if (headers.length > mostHeaders)
    throw invalid(url, `a request has at most ${mostHeaders} headers, not ${headers.length}`);
  let size = 0;
  const checked = headers.map(([name, value]): [string, string] => {
    const lower = name.toLowerCase();
    size += name.length + value.length;
    if (!token.test(name)) throw invalid(url, `${JSON.stringify(name.slice(0, 80))} is no name of a header`);
    if (own.has(lower) || isHopByHop(lower))
      throw invalid(url, `the header ${lower} is the host's to write. Leave it out`);
    if (!/^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value))
      throw invalid(
        url,
        `the value of the header ${lower} has characters that no header can have. Encode it, with encodeURIComponent or as base64`,
      );
    return [lower, value];
  });
  if (size > longestHead)
    throw invalid(url, `the headers have ${size} bytes, and at most ${longestHead} are sent`);
  return { url, method, headers: checked, body, hops: 0 };
}

/** Whether a request may be sent twice without doing more than once. */
export function isIdempotent(method: string): boolean {
  return /^(get|head|put|delete|options)$/i.test(method);
}

/**
 * Where an answer leads; undefined where it is the answer.
 * @throws {CapabilityError} `precondition-failed`: it leads where nobody can follow. `invalid-argument`: to no URL
 */
export function followRedirect(
  step: Step,
  status: number,
  headers: Headers,
  redirect: OutgoingRequest['redirect'],
): Step | undefined {
  if (redirect === 'manual' || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  const location = headers.find(([name]) => name === 'location')?.[1];
  if (location === undefined) return undefined;
  const { url: from } = step;
  if (redirect === 'error')
    throw refused(from, `it answers ${status}, which leads elsewhere, and the app follows nowhere`);
  if (step.hops >= mostHops) throw refused(from, `there are more than ${mostHops} redirects`);
  const to = URL.parse(location, from);
  if (to === null) throw refused(from, `it answers ${status}, and what it leads to is no URL`);
  const url = readUrl(to.href);
  const dropsBody =
    (status === 303 && !/^(get|head)$/i.test(step.method)) ||
    ((status === 301 || status === 302) && step.method === 'POST');
  if (step.body === 'stream' && !dropsBody)
    throw refused(
      from,
      `it answers ${status}, and a body that was streamed cannot be sent again. Ask ${url.origin} itself`,
    );
  const crosses = url.origin !== from.origin;
  return {
    url,
    method: dropsBody ? 'GET' : step.method,
    headers: step.headers.filter(
      ([name]) =>
        !(crosses && (name === 'authorization' || name === 'cookie')) &&
        !(dropsBody && name.startsWith('content-')),
    ),
    body: dropsBody ? undefined : step.body,
    hops: step.hops + 1,
  };
}

function invalid({ origin }: URL, what: string): CapabilityError {
  return new CapabilityError('invalid-argument', `outgoing HTTP to ${origin}: ${what}`);
}

function refused({ origin }: URL, what: string): CapabilityError {
  return new CapabilityError('precondition-failed', `outgoing HTTP to ${origin}: ${what}`);
}
