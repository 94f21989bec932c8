import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { compile } from '@spiderlightning/component';
import type { Instance } from '@spiderlightning/component';
import { wasiImports } from '@spiderlightning/wasi';
import { openCapability } from '../../packages/slight/src/capabilities/core/open.ts';
import {
  handleRequest,
  spiderlightningImports,
} from '../../packages/slight/src/dialects/spiderlightning/index.ts';
import { namedOpener } from '../../packages/slight/src/host/openers.ts';
import { buildCGuest } from '../../test/guests/clang.ts';
import { buildGuest, makeFolder } from '../server.ts';

// As in the host's workers: 64 suspended calls on V8's usual stacks of 984 KiB would mostly wait for memory.
setFlagsFromString('--wasm-stack-switching-stack-size=128');

/** Reads the key `count` times, and gives the sum of the bytes. */
export type Loop = (count: number) => Promise<number>;

/** The store `bench` as a guest gets it, on the server of `url`. */
export async function openBenchStore(url: string) {
  const bind = { name: 'bench', bind: url, config: {} };
  return await openCapability('keyvalue', bind, { dataDir: makeFolder(), timeout: 30_000 });
}

/** So many instances of a guest, each of which loops by itself, as the host sets them up and calls them. */
export async function makeLoops(
  guest: 'c' | 'quickjs',
  store: Awaited<ReturnType<typeof openBenchStore>>,
  instances: number,
): Promise<Loop[]> {
  const bytes =
    guest === 'c' ? await buildCGuest('loop') : await buildGuest(join(import.meta.dirname, 'app.ts'));
  const component = await compile(bytes);
  const keyvalue = namedOpener('keyvalue', new Map([['bench', store]]), 'slightfile.toml');
  const loops: Loop[] = [];
  for (let made = 0; made < instances; made++) {
    const imports = { ...wasiImports(), ...spiderlightningImports({ log: () => undefined, keyvalue }) };
    loops.push(loopOf(await component.instantiate(imports)));
  }
  return loops;
}

function loopOf(instance: Instance): Loop {
  const body = new Uint8Array();
  return async (count) => {
    const url = `http://127.0.0.1/${count}`;
    const request = { method: 'GET', url, headers: [], body, remote: '127.0.0.1', id: 'bench' };
    // The host sets a deadline and a bound for computing, too.
    const answer = await handleRequest(instance, request, { deadline: 30_000, cpu: 30_000 });
    return Number(Buffer.from(answer.body as Uint8Array).toString());
  };
}
