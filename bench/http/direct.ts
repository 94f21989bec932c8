/**
 * The guest behind bare `node:http`, with nothing of the host: one instance, one request after the other, without a log, ids,
 * a pool, limits of bodies or refusals. What is missing to bare `node:http` here is the guest's own. `node direct.ts FILE`,
 * with `clean` to put the instance back each time; prints its URL when it listens.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { compile } from '@spiderlightning/component';
import { renew, wasiImports } from '@spiderlightning/wasi';
import {
  handleText,
  spiderlightningImports,
} from '../../packages/slight/src/dialects/spiderlightning/index.ts';

const [file, how] = process.argv.slice(2);
const restorable = how === 'clean';
const component = await compile(readFileSync(file!), { restorable });
const system = wasiImports();
const imports = { ...system, ...spiderlightningImports({ log: () => undefined }) };
const instance = await component.instantiate(imports, { restorable });
const nothing = new Uint8Array();

async function answer(url: string, headers: [string, string][], response: ServerResponse): Promise<void> {
  const request = { method: 'GET', url, headers, body: nothing, remote: '127.0.0.1', id: 'bench' };
  const found = await handleText(instance, request, { deadline: 30_000, cpu: 5_000 });
  const body = found.body as string;
  response.writeHead(found.status, [
    ...found.headers.flat(),
    'content-length',
    String(Buffer.byteLength(body)),
  ]);
  response.end(body);
  if (!restorable) return;
  await instance.restore();
  system[renew]();
}

/** An instance takes one request at a time. */
let line: Promise<void> = Promise.resolve();

const server = createServer((request, response) => {
  const headers = Object.entries(request.headers) as [string, string][];
  line = line.then(() => answer(`http://${request.headers.host}${request.url}`, headers, response));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(
    `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : ''}\n`,
  );
});
