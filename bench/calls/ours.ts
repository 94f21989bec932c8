import { compile, type HostInterface } from '@spiderlightning/component';
import { add, find, HOST, type Runs } from './host.ts';

const HOSTS: Record<'sync' | 'jspi', HostInterface> = {
  sync: { get: (key: string) => ({ tag: 'ok', val: find(key) }), add },
  jspi: {
    get: async (key: string) => ({ tag: 'ok', val: find(key) }),
    add: async (a: number, b: number) => add(a, b),
  },
};

/**
 * The component on our engine, with its limits on, entered as the host enters guests. `mode` only says whether the
 * host's functions answer at once or with a promise: the engine is not told.
 */
export async function loadOurs(bytes: Uint8Array, mode: 'sync' | 'jspi'): Promise<Runs> {
  const component = await compile(bytes);
  const instance = await component.instantiate({ [HOST]: HOSTS[mode] });
  const runGet = instance.bind('run-get');
  const runAdd = instance.bind('run-add');
  return {
    get: (count) => runGet([count]) as Promise<number>,
    add: (count) => runAdd([count]) as Promise<number>,
  };
}
