import type { Hold, Response } from 'spiderlightning:cloud/http-handler@0.6.0';
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
  /** What the host would keep open, where the app answered so. */
  readonly hold: Hold | undefined;
}

export async function readAnswer({ status, headers, body }: Response): Promise<TestAnswer> {
  const bytes =
    body.tag === 'bytes' ? body.val : body.tag === 'stream' ? await readStream() : new Uint8Array(0);
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
    hold: body.tag === 'hold' ? body.val : undefined,
  };
}

async function readStream(): Promise<Uint8Array> {
  const { next } = toHttpStream();
  const pieces: Uint8Array[] = [];
  for (let piece = await next(); piece !== null; piece = await next()) pieces.push(piece);
  return Buffer.concat(pieces);
}
