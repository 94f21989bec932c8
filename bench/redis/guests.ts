import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { compile } from '@spiderlightning/component';
import type { Instance } from '@spiderlightning/component';
import { wasiImports } from '@spiderlightning/wasi';
import type { KeyValue } from '../../packages/slight/src/capabilities/keyvalue/contract.ts';
import type { Locks } from '../../packages/slight/src/capabilities/locks/contract.ts';
import type { Messaging } from '../../packages/slight/src/capabilities/messaging/contract.ts';
import { openCapability } from '../../packages/slight/src/capabilities/core/open.ts';
import { spiderlightningImports } from '../../packages/slight/src/dialects/spiderlightning/index.ts';
import type { Handle } from '../../packages/slight/src/dialects/spiderlightning/index.ts';
import { findHandle } from '../../packages/slight/src/host/exports.ts';
import { namedOpener } from '../../packages/slight/src/host/openers.ts';
import { buildCGuest } from '../../test/guests/clang.ts';
import { buildGuest, makeFolder } from '../server.ts';

// As in the host's workers: 64 suspended calls on V8's usual stacks of 984 KiB would mostly wait for memory.
setFlagsFromString('--wasm-stack-switching-stack-size=128');

/** Does a piece of work `count` times, and gives how often it went well. */
export type Loop = (count: number) => Promise<number>;

export const operations = ['get', 'publish', 'acquire'] as const;
export type Operation = (typeof operations)[number];

/** All that is named `bench`, as a guest gets it, on the server of `url`. */
export interface Bench {
  readonly keyvalue: KeyValue;
  readonly messaging: Messaging;
  readonly locks: Locks;
}

export async function openBench(url: string): Promise<Bench> {
  const bind = { name: 'bench', bind: url, config: {} };
  const surroundings = { dataDir: makeFolder(), timeout: 30_000 };
  return {
    keyvalue: await openCapability('keyvalue', bind, surroundings),
    messaging: await openCapability('messaging', bind, surroundings),
    locks: await openCapability('locks', bind, surroundings),
  };
}

/** So many instances of a guest, each of which loops by itself, as the host sets them up and calls them. */
export async function makeLoops(
  guest: 'c' | 'quickjs',
  bench: Bench,
  instances: number,
): Promise<Record<Operation, Loop[]>> {
  const bytes =
    guest === 'c' ? await buildCGuest('loop') : await buildGuest(join(import.meta.dirname, 'app.ts'));
  const component = await compile(bytes);
  const ask = findHandle(component.exports.map(({ name }) => name));
  const granted = {
    keyvalue: namedOpener('keyvalue', new Map([['bench', bench.keyvalue]]), 'slightfile.toml'),
    messaging: namedOpener('messaging', new Map([['bench', bench.messaging]]), 'slightfile.toml'),
    locks: namedOpener('locks', new Map([['bench', bench.locks]]), 'slightfile.toml'),
  };
  const loops: Record<Operation, Loop[]> = { get: [], publish: [], acquire: [] };
  for (let made = 0; made < instances; made++) {
    const imports = { ...wasiImports(), ...spiderlightningImports({ log: () => undefined, ...granted }) };
    const instance = await component.instantiate(imports);
    for (const operation of operations)
      loops[operation].push(loopOf(ask, instance, operation, `lock-${made}`));
  }
  return loops;
}

function loopOf(ask: Handle, instance: Instance, operation: Operation, lock: string): Loop {
  const body = new Uint8Array();
  return async (count) => {
    const url = `http://127.0.0.1/${operation}/${count}/${lock}`;
    const request = { method: 'GET', url, headers: [], body, remote: '127.0.0.1', id: 'bench' };
    // The host sets a deadline and a bound for computing, too.
    const answer = await ask(instance, request, { deadline: 30_000, cpu: 30_000 });
    const said = Buffer.from(answer.body as Uint8Array | string).toString();
    if (answer.status !== 200) throw new Error(`the guest answered ${answer.status}: ${said}`);
    return Number(said);
  };
}
