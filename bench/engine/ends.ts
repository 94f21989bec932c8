import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { compile } from '@spiderlightning/component';
import type { Comparison } from '../report.ts';
import type { Timing } from '../measure.ts';
import { boundBy } from './bound.ts';
import { buildGuest, serve } from './guests.ts';

const KILLS = 20;
/** Milliseconds that a guest gets. */
const BUDGET = 250;
/** Between two requests of the client. */
const PAUSE = 4;

/** Asks in a thread of its own, so that it waits for nobody but the server. Answers with all latencies when told to end. */
const CLIENT = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { Agent, get } = require('node:http');
  const agent = new Agent({ keepAlive: true });
  const ask = () => new Promise((resolve, reject) => {
    get(workerData.url, { agent }, (response) => response.resume().on('end', resolve)).on('error', reject);
  });
  let ended = false;
  parentPort.on('message', () => (ended = true));
  (async () => {
    await ask();
    parentPort.postMessage('ready');
    const latencies = [];
    while (!ended) {
      const start = performance.now();
      await ask();
      latencies.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, workerData.pause));
    }
    agent.destroy();
    parentPort.postMessage(latencies);
    parentPort.close();
  })();`;

/** Guests of QuickJS that never end: how long after their budget they do, and how HTTP is served by the same thread meanwhile. */
export async function benchEnds(tell: (progress: string) => void): Promise<Comparison[]> {
  const component = await compile(await buildGuest('QuickJS', tell));
  const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const comparisons: Comparison[] = [];
  try {
    for (const [what, name, args] of [
      ['an endless loop', 'spin', []],
      ['a recursion without end', 'fib', [80]],
    ] as const) {
      tell(`${KILLS} times ${what}, beside HTTP …`);
      const client = new Worker(CLIENT, { eval: true, workerData: { url, pause: PAUSE } });
      await once(client, 'message');
      const late: number[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        const instance = await component.instantiate(serve(false));
        const start = performance.now();
        const ended = await instance.call(name, args, { deadline: BUDGET }).catch((error: unknown) => error);
        late.push(performance.now() - start - BUDGET);
        if ((ended as { trap?: string }).trap !== 'deadline') throw ended;
      }
      client.postMessage('end', []);
      const [latencies] = (await once(client, 'message')) as [number[]];
      const [lateness, latency] = [late, latencies].map((values) =>
        values.toSorted((one, other) => one - other),
      );
      comparisons.push(
        boundBy(`${what} ends past its budget, worst of ${KILLS}`, showHigh(lateness!, 1), 20, 'ms'),
        boundBy(`p99 of ${latencies.length} requests beside ${what}`, showHigh(latency!, 0.99), 50, 'ms'),
      );
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
  return comparisons;
}

/** A figure near the high end of sorted ones; beside it the median, and the figure again. */
function showHigh(sorted: readonly number[], share: number): Timing {
  const at = (where: number) => sorted[Math.floor((sorted.length - 1) * where)]!;
  return { median: at(share), quartiles: [at(0.5), at(share)] };
}
