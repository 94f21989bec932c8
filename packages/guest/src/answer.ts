import type { Live } from './live.ts';
import { TextEncoder } from './platform/text.ts';

/** Headers as an object, or as pairs where a name stands more than once (`set-cookie`). */
export type HeadersInit =
  | { readonly [name: string]: string | readonly string[] | undefined }
  | readonly (readonly [string, string])[];

export interface AnswerInit {
  /** 200 to 599. Default 200. */
  readonly status?: number;
  readonly headers?: HeadersInit;
}

/** What a handler gives back; made by `json`, `text`, `html`, `bytes`, `status`, `redirect` and their like. */
export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
  /** Stands in the place of the body in what `stream`, `sse` and `websocket` made. */
  readonly live?: Live;
}

const encoder = new TextEncoder();
const empty = new Uint8Array(0);

/** What the body of an answer is made of: a host takes text as it is, and QuickJS takes long to write UTF-8. */
const texts = new WeakMap<object, string>();

/** Answers with JSON. @throws {TypeError} for a value that has no form in JSON */
export function json(value: unknown, init?: AnswerInit): Answer {
  const written = JSON.stringify(value) as string | undefined;
  if (written === undefined) throw new TypeError(`${typeof value} has no form in JSON`);
  return answerText('application/json; charset=utf-8', written, init);
}

export function text(value: string, init?: AnswerInit): Answer {
  return answerText('text/plain; charset=utf-8', value, init);
}

export function html(value: string, init?: AnswerInit): Answer {
  return answerText('text/html; charset=utf-8', value, init);
}

/** Answers with bytes of a given media type. */
export function bytes(value: Uint8Array, type = 'application/octet-stream', init?: AnswerInit): Answer {
  return { ...readInit(type, init), body: value };
}

/** Answers with a status and no body: `status(204)`. */
export function status(code: number, headers?: HeadersInit): Answer {
  return { status: checkStatus(code), headers: pairs(headers), body: empty };
}

/** Sends the client elsewhere. */
export function redirect(location: string, code: 301 | 302 | 303 | 307 | 308 = 302): Answer {
  return { status: code, headers: [['location', location]], body: empty };
}

/**
 * The same answer, and with it one more header: `withHeader(json(user), 'x-frame-options', 'DENY')`. What it has under that
 * name stays: a name may stand more than once.
 */
export function withHeader(answer: Answer, name: string, value: string): Answer {
  const headers = [...answer.headers, [name.toLowerCase(), value] as const];
  const written = texts.get(answer);
  return written === undefined ? { ...answer, headers } : makeText(answer.status, headers, written);
}

/** The body of an answer that was made of text, where nobody has asked for its bytes. */
export function textOf(answer: object): string | undefined {
  return texts.get(answer);
}

function answerText(type: string, body: string, init?: AnswerInit): Answer {
  const { status, headers } = readInit(type, init);
  return makeText(status, headers, String(body));
}

function makeText(status: number, headers: Answer['headers'], written: string): Answer {
  let bytes: Uint8Array | undefined;
  const made: Answer = {
    status,
    headers,
    // A property of the answer itself: who copies it has the bytes.
    get body() {
      // From here on they are what is sent: somebody may change them.
      texts.delete(made);
      return (bytes ??= encoder.encode(written));
    },
    set body(value: Uint8Array) {
      if (!(value instanceof Uint8Array))
        throw new TypeError(
          `the body of an answer is a Uint8Array, and this is no such thing: make a new answer of it, such as text(…)`,
        );
      texts.delete(made);
      bytes = value;
    },
  };
  texts.set(made, written);
  return made;
}

function readInit(type: string, init: AnswerInit | undefined): Pick<Answer, 'status' | 'headers'> {
  if (init === undefined) return { status: 200, headers: [['content-type', type]] };
  const headers = pairs(init.headers);
  if (!headers.some(([name]) => name === 'content-type')) headers.unshift(['content-type', type]);
  return { status: checkStatus(init.status ?? 200), headers };
}

function checkStatus(code: number): number {
  if (Number.isInteger(code) && code >= 200 && code <= 599) return code;
  throw new RangeError(`an answer has a status from 200 to 599, not ${code}`);
}

function pairs(init: HeadersInit | undefined): [string, string][] {
  if (init === undefined) return [];
  const entries: Iterable<readonly [string, string | readonly string[] | undefined]> = isPairs(init)
    ? init
    : Object.entries(init);
  const out: [string, string][] = [];
  for (const [name, value] of entries)
    for (const item of Array.isArray(value) ? (value as readonly string[]) : [value])
      if (item !== undefined) out.push([name.toLowerCase(), String(item)]);
  return out;
}

function isPairs(init: HeadersInit): init is readonly (readonly [string, string])[] {
  return Array.isArray(init);
}
