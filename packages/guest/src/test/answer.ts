import type { Hold, Response, ResponseBody } from 'spiderlightning:cloud/http-types@0.6.0';
import { toHttpStream } from '../entry.ts';
import { RequestHeaders } from '../request.ts';

/** What an app answered. */
export interface TestAnswer {
  readonly status: number;
  /** `get` and `has` whatever the case of the name; `getAll('set-cookie')`. */
  readonly headers: RequestHeaders;
  /** The whole body; of a stream all its pieces together. */
  readonly bytes: Uint8Array;
  /** The body as UTF-8. */
  readonly text: string;
  /** The body as JSON, unchecked. @throws {SyntaxError} with the text, where it is no JSON */
  json<T = any>(): T;
  /** False: the body is a stream that failed; the reason is in the logs. */
  readonly whole: boolean;
  /** What the host would keep open, where the app answered so. */
  readonly hold: Hold | undefined;
}

const validName = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;
const invalidInValue = /[^\t\u0020-\u007e\u0080-\u00ff]/;
/** Most headers that a host sends. */
const mostHeaders = 10_000;

/** Why a host would send 502 in place of this answer; undefined where it sends it. */
export function refuseHead({ status, headers }: Pick<Response, 'status' | 'headers'>): string | undefined {
  if (!Number.isInteger(status) || status < 200 || status > 599)
    return `the app answered with status ${status}; a response has 200 to 599`;
  if (headers.length > mostHeaders) return `the app answered with more than ${mostHeaders} headers`;
  for (const [name, value] of headers) {
    if (!validName.test(name)) return `the app answered with a header named ${JSON.stringify(name)}`;
    const [bad] = invalidInValue.exec(value) ?? [];
    if (bad !== undefined)
      return `the app answered with a header ${name} whose value has ${JSON.stringify(bad)}, which HTTP does not allow`;
  }
  return undefined;
}

export async function readAnswer({ status, headers, body }: Response): Promise<TestAnswer> {
  const { bytes, whole } = body.tag === 'stream' ? await readStream() : { bytes: plain(body), whole: true };
  const text = new TextDecoder().decode(bytes);
  return {
    status,
    headers: new RequestHeaders(headers.map(([name, value]) => [name.toLowerCase(), value])),
    bytes,
    text,
    json<T>() {
      try {
        return JSON.parse(text) as T;
      } catch (cause) {
        throw new SyntaxError(`the answer (${status}) is no JSON: ${text.slice(0, 500)}`, { cause });
      }
    },
    whole,
    hold: body.tag === 'hold' ? body.val : undefined,
  };
}

function plain(body: ResponseBody): Uint8Array {
  return body.tag === 'bytes' ? body.val : new Uint8Array(0);
}

async function readStream(): Promise<{ bytes: Uint8Array; whole: boolean }> {
  const { next } = toHttpStream();
  const pieces: Uint8Array[] = [];
  let piece = await next();
  for (; piece.tag === 'bytes'; piece = await next()) pieces.push(piece.val);
  return { bytes: Buffer.concat(pieces), whole: piece.tag === 'end' };
}
