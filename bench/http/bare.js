// @ts-check
/**
 * The baseline of `http` and `cold`: the same answers on `node:http`, with nothing between. Prints its URL when it
 * listens. `node bare.js PROCESSES`: more than one share the port through `node:cluster`. Plain JavaScript, since
 * stripping types would slow its start.
 */
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { compute, makeOrder } from './work.js';

const processes = Number(process.argv[2] ?? 1);

function serve() {
  const server = createServer((request, response) => {
    const order = /^\/orders\/([^/?]+)/.exec(request.url ?? '/')?.[1];
    const body = JSON.stringify(order === undefined ? { sum: compute() } : makeOrder(order));
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    if (cluster.isPrimary) process.stdout.write(`http://127.0.0.1:${port}\n`);
    else process.send?.(port);
  });
}

if (processes === 1 || cluster.isWorker) serve();
else {
  // As slight does: the workers accept by themselves. Port 0 is the same free port in all of them.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  let missing = processes;
  for (let started = 0; started < processes; started++) {
    cluster.fork().once('message', (port) => {
      if (--missing === 0) process.stdout.write(`http://127.0.0.1:${port}\n`);
    });
  }
}
