import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { buildCGuest, buildCModule } from '../../../../test/guests/clang.ts';
import { buildQuickjsGuest } from '../../../../test/guests/quickjs.ts';
import { assemble } from '../../../../test/guests/wat.ts';
import type { Result } from './page/node-test.ts';

/** What a page says. */
export interface Report {
  /** The test that begins. */
  readonly begins?: string;
  /** A file that is over, with what became of its tests. */
  readonly file?: string;
  readonly results?: readonly Result[];
  /** What the page shows, of one that runs no tests. */
  readonly text?: string;
  /** Nothing more will come. */
  readonly end?: boolean;
}

export interface PageServer {
  readonly origin: string;
  /** What the pages have said so far. */
  readonly reports: readonly Report[];
  close(): Promise<void>;
}

const builders: Readonly<Record<string, (...args: any[]) => Promise<Uint8Array>>> = {
  assemble,
  buildQuickjsGuest,
  buildCGuest,
  buildCModule,
};

/** Without these a page is not cross-origin isolated, and has no memory that threads share. */
const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/**
 * Serves pages on loopback, and does for them what only Node can. Whatever lies below `/isolated/` is that.
 *
 * @param content by path, without `/isolated`
 */
export async function startPageServer(
  content: ReadonlyMap<string, Uint8Array | string>,
): Promise<PageServer> {
  const reports: Report[] = [];
  const server = createServer((request, response) => {
    answer(request, response, content, reports).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reports,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  content: ReadonlyMap<string, Uint8Array | string>,
  reports: Report[],
): Promise<void> {
  const { pathname } = new URL(request.url!, 'http://localhost');
  if (request.method === 'POST') {
    const body = JSON.parse(await readBody(request)) as never;
    response.end(await act(pathname, body, reports));
    return;
  }
  const isolated = pathname.startsWith('/isolated/');
  const found = content.get(isolated ? pathname.slice('/isolated'.length) : pathname);
  if (found === undefined) {
    response.writeHead(404).end();
    return;
  }
  const type = pathname.endsWith('.js')
    ? 'text/javascript'
    : pathname.endsWith('.wasm')
      ? 'application/wasm'
      : 'text/html';
  response.writeHead(200, { 'content-type': type, ...(isolated && isolation) }).end(found);
}

async function act(path: string, body: any, reports: Report[]): Promise<Uint8Array | string> {
  const [, what, name] = path.split('/');
  switch (what) {
    case 'report':
      reports.push(body as Report);
      return '';
    case 'read':
      return readFileSync(inside(body.path), 'utf8');
    case 'glob':
      return JSON.stringify(globSync(body.pattern, { cwd: inside(body.cwd) }));
    case 'build':
      return builders[name!]!(...body);
    default:
      throw new Error(`nothing is served at ${path}`);
  }
}

/** A page reads files of this package, and nothing else. */
function inside(path: string): string {
  const folder = resolve(import.meta.dirname, '../..');
  if (!resolve(path).startsWith(`${folder}/`)) throw new Error(`${path} is not below ${folder}`);
  return path;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
  return body;
}
