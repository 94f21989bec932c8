import { transpileWithJco } from '../jco.ts';
import { HOST, HOSTS, type Runs } from './host.ts';

/** The component as jco runs it: `jspi` makes the host's functions and the exports asynchronous. */
export async function loadJco(
  component: Uint8Array,
  mode: 'sync' | 'jspi',
  tell: (progress: string) => void,
): Promise<Runs> {
  const waiting = {
    asyncMode: 'jspi',
    asyncImports: [`${HOST}#get`, `${HOST}#add`],
    asyncExports: ['run-get', 'run-add'],
  };
  const instantiate = await transpileWithJco(component, mode === 'jspi' ? waiting : {}, tell);
  const { runGet, runAdd } = await instantiate({ [HOST.replace(/@.*/, '')]: HOSTS[mode] });
  return { get: runGet, add: runAdd };
}
