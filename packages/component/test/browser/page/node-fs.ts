/** Stands for `node:fs` in a page: files of the repository, read from the server of the test. */
import { Skip } from './skip.ts';

export function readFileSync(path: string): string {
  return ask('read', { path });
}

export function globSync(pattern: string, { cwd }: { readonly cwd: string }): string[] {
  return JSON.parse(ask('glob', { pattern, cwd })) as string[];
}

export function writeFileSync(): never {
  throw new Skip('writes a file');
}

declare const XMLHttpRequest: new () => {
  readonly status: number;
  readonly responseText: string;
  open(method: string, url: string, later: boolean): void;
  send(body: string): void;
};

/** The page waits: these functions have no promise. */
function ask(what: string, body: object): string {
  const request = new XMLHttpRequest();
  request.open('POST', `/${what}`, false);
  request.send(JSON.stringify(body));
  if (request.status !== 200) throw new Error(`${what}: ${request.status} ${request.responseText}`);
  return request.responseText;
}
