import type { Request, RequestBody } from 'spiderlightning:cloud/http-types@0.6.0';
import type { Answer } from './answer.ts';

type Headers = Request['headers'];

const noBody: RequestBody = { tag: 'bytes', val: new Uint8Array(0) };

/** The request that a host hands over as one text. Its headers are read when they are asked for. */
export function readRequest(head: string, body: RequestBody | null | undefined): Request {
  // Here and below indices, since an iterator takes QuickJS several times as long, and every request passes.
  const lines = head.split('\n', 4);
  let headers: Headers | undefined;
  return {
    method: lines[0]!,
    url: lines[1]!,
    get headers() {
      return (headers ??= readHeaders(head));
    },
    body: body ?? noBody,
    remote: lines[2]!,
    id: lines[3]!,
  };
}

function readHeaders(head: string): Headers {
  const lines = head.split('\n');
  const headers: Headers = [];
  for (let line = 4; line + 1 < lines.length; line += 2) headers.push([lines[line]!, lines[line + 1]!]);
  return headers;
}

/** An answer as one text; undefined where its head would be read as another one. */
export function writeAnswer({ status, headers }: Omit<Answer, 'body'>, body: string): string | undefined {
  let head = `${status}\n`;
  for (let index = 0; index < headers.length; index++) {
    const pair = headers[index]!;
    const name = pair[0];
    const value = pair[1];
    if (name === '' || name.includes('\n') || value.includes('\n')) return undefined;
    head = `${head}${name}\n${value}\n`;
  }
  // A host refuses text that is not well-formed.
  return `${head}\n${body}`.toWellFormed();
}
