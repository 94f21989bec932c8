import { mostHeaders, notHttp } from '../../triggers/http-message.ts';
import type { HttpRequest, HttpResponse } from '../../triggers/http-message.ts';

/**
 * The head of a request as one text, for a guest that is interpreted. None of its parts has a line feed: Node refuses
 * requests with one.
 */
export function writeHead({ method, url, remote, id, headers }: HttpRequest): string {
  let head = `${method}\n${url}\n${remote}\n${id}\n`;
  for (const [name, value] of headers) head += `${name}\n${value}\n`;
  return head;
}

/**
 * An answer that came as one text: values of the right types, otherwise unchecked.
 * @throws {HttpFailure} 502 where its head does not end, or has too many headers
 */
export function readText(text: string): HttpResponse & { readonly body: string } {
  let at = 0;
  const line = (): string => {
    const end = text.indexOf('\n', at);
    if (end < 0) throw notHttp('the app answered with a text that has no empty line after its head');
    const found = text.slice(at, end);
    at = end + 1;
    return found;
  };
  const status = Number(line());
  const headers: [string, string][] = [];
  for (let name = line(); name !== ''; name = line()) {
    if (headers.length === mostHeaders)
      throw notHttp(`the app answered with more than ${mostHeaders} headers`);
    headers.push([name, line()]);
  }
  return { status, headers, body: text.slice(at) };
}
