import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { compile } from '@spiderlightning/component';
import type { Component, Instance } from '@spiderlightning/component';
import { wasiImports } from '@spiderlightning/wasi';
import { Agent } from 'undici';
import {
  handleText,
  spiderlightningImports,
} from '../../packages/slight/src/dialects/spiderlightning/index.ts';
import { openOutgoing } from '../../packages/slight/src/outgoing/client.ts';
import type { OutgoingSession } from '../../packages/slight/src/outgoing/client.ts';
import { defaultOutgoing } from '../../packages/slight/src/slightfile/model.ts';
import { race } from '../measure.ts';
import { type Comparison, compare } from '../report.ts';
import { buildGuest, startProgram } from '../server.ts';

// As in the host's workers: 64 suspended calls on V8's usual stacks of 984 KiB would mostly wait for memory.
setFlagsFromString('--wasm-stack-switching-stack-size=128');

const BODY = '{"status":"new"}';
const FLIGHTS = [1, 64];
const USUAL = { rounds: 21, slice: 150 };

/** Asks `count` times, and gives the sum of the bytes. */
type Loop = (count: number) => Promise<number>;

/** What a request to another server costs: a guest's, the host's without a guest, and that of the client library alone. */
export async function benchOutgoing(tell: (progress: string) => void, pace = USUAL): Promise<Comparison[]> {
  const most = Math.max(...FLIGHTS);
  const server = await startProgram([join(import.meta.dirname, 'server.js')]);
  const agent = new Agent({ connections: most, pipelining: 1, allowH2: false });
  const client = await openOutgoing({
    settings: {
      ...defaultOutgoing,
      connections: most,
      hosts: [{ kind: 'origin', origin: server.url, private: true }],
    },
    path: 'slightfile.toml',
    own: new Set(),
  });
  try {
    tell('building the guest …');
    const component = await compile(await buildGuest(join(import.meta.dirname, 'app.ts')));
    const fill = (make: () => Loop) => Array.from({ length: most }, make);
    const guests: Loop[] = [];
    for (let made = 0; made < most; made++)
      guests.push(await guestLoop(component, client.open(), server.url));
    const field = [
      { name: 'undici', loops: fill(() => undiciLoop(agent, server.url)) },
      { name: 'host', loops: fill(() => hostLoop(client.open(), server.url)) },
      { name: 'guest', loops: guests },
    ];
    const comparisons: Comparison[] = [];
    for (const flight of FLIGHTS) {
      tell(`GET, ${flight} in flight …`);
      const [baseline, host, guest] = await race(
        field.map(({ name, loops }) => ({
          name,
          run: (count) => runLoops(name, loops.slice(0, flight), count),
        })),
        { ...pace, least: flight * 4 },
      );
      comparisons.push(compare(`the host alone, ${flight} in flight`, host!, baseline!, 'undici alone'));
      comparisons.push(compare(`fetch, QuickJS, ${flight} in flight`, guest!, baseline!, 'undici alone'));
    }
    return comparisons;
  } finally {
    await client.close();
    await agent.destroy();
    await server.stop();
  }
}

/** The client library, as its documentation says. */
function undiciLoop(agent: Agent, origin: string): Loop {
  return async (count) => {
    let sum = 0;
    for (let left = count; left > 0; left--) {
      const { body } = await agent.request({ origin, path: '/', method: 'GET' });
      sum += (await body.bytes()).length;
    }
    return sum;
  };
}

/** What a guest's calls end in. */
function hostLoop(session: OutgoingSession, url: string): Loop {
  return async (count) => {
    let sum = 0;
    for (let left = count; left > 0; left--) {
      const exchange = session.send({
        method: 'GET',
        url,
        headers: [],
        body: undefined,
        redirect: 'follow',
        timeout: undefined,
      });
      await exchange.response();
      for (let piece = await exchange.read(65_536); piece; piece = await exchange.read(65_536))
        sum += piece.length;
      exchange.close();
    }
    return sum;
  };
}

async function guestLoop(component: Component, outgoing: OutgoingSession, target: string): Promise<Loop> {
  const imports = { ...wasiImports(), ...spiderlightningImports({ log: () => undefined, outgoing }) };
  const instance: Instance = await component.instantiate(imports);
  const body = new Uint8Array();
  return async (count) => {
    const url = `http://127.0.0.1/${count}?${encodeURIComponent(target)}`;
    const request = { method: 'GET', url, headers: [], body, remote: '127.0.0.1', id: 'bench' };
    // The host sets a deadline and a bound for computing, too.
    const answer = await handleText(instance, request, { deadline: 60_000, cpu: 60_000 });
    return Number(String(answer.body));
  };
}

/** Shares `count` requests among the loops. */
async function runLoops(name: string, loops: readonly Loop[], count: number): Promise<void> {
  const share = Math.floor(count / loops.length);
  const more = count % loops.length;
  const sums = await Promise.all(loops.map((loop, index) => loop(index < more ? share + 1 : share)));
  const sum = sums.reduce((total, each) => total + each, 0);
  if (sum !== count * BODY.length) throw new Error(`${name}: ${count} requests came to ${sum} bytes`);
}
