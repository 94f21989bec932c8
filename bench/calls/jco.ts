import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { importTool } from '../tool.ts';
import { HOST, HOSTS, type Runs } from './host.ts';

/** The component as jco runs it: `jspi` makes the host's functions and the exports asynchronous. */
export async function loadJco(
  component: Uint8Array,
  mode: 'sync' | 'jspi',
  tell: (progress: string) => void,
): Promise<Runs> {
  const jco = await importTool('jco', '@bytecodealliance/jco/dist/api.js', tell);
  const options = { name: 'calls', instantiation: 'async', wasiShim: false };
  const { files } = await jco.transpile(component, {
    ...options,
    ...(mode === 'jspi' && {
      asyncMode: 'jspi',
      asyncImports: [`${HOST}#get`, `${HOST}#add`],
      asyncExports: ['run-get', 'run-add'],
    }),
  });
  const folder = await mkdtemp(join(tmpdir(), 'bench-jco-'));
  try {
    for (const [name, content] of Object.entries<Uint8Array>(files)) {
      const path = join(folder, name.replace(/\.js$/, '.mjs'));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    }
    const { instantiate } = await import(pathToFileURL(join(folder, 'calls.mjs')).href);
    const getCoreModule = (name: string) => WebAssembly.compile(files[name]);
    const { runGet, runAdd } = await instantiate(getCoreModule, { [HOST.replace(/@.*/, '')]: HOSTS[mode] });
    return { get: runGet, add: runAdd };
  } finally {
    await rm(folder, { recursive: true });
  }
}
