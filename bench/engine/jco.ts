import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { importTool } from '../tool.ts';
import { HANDLE, STORE, VALUE } from './guests.ts';

export interface JcoGuest {
  gets(count: number): unknown;
  handle(request: unknown): any;
}

/** The guest of this folder as jco runs it: at once, or with promises of the host and of the exports. */
export async function loadGuestWithJco(
  component: Uint8Array,
  later: boolean,
  tell: (progress: string) => void,
): Promise<JcoGuest> {
  const jco = await importTool('jco', '@bytecodealliance/jco/dist/api.js', tell);
  const { files } = await jco.transpile(component, {
    name: 'guest',
    instantiation: 'async',
    wasiShim: false,
    ...(later && { asyncMode: 'jspi', asyncImports: [`${STORE}#get`], asyncExports: ['gets', HANDLE] }),
  });
  const folder = await mkdtemp(join(tmpdir(), 'bench-jco-'));
  try {
    for (const [name, content] of Object.entries<Uint8Array>(files)) {
      const path = join(folder, name.replace(/\.js$/, '.mjs'));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    }
    const { instantiate } = await import(pathToFileURL(join(folder, 'guest.mjs')).href);
    const store = { get: later ? async () => VALUE : () => VALUE };
    const imports = new Proxy({}, { get: (_, name) => (name === STORE ? store : nothing()) });
    const { gets, http } = await instantiate((name: string) => WebAssembly.compile(files[name]), imports);
    return { gets, handle: http.handle };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Stands for interfaces of the system that the guest imports and does not call here. */
function nothing(): unknown {
  return new Proxy(function () {}, {
    get: (target, name) =>
      name === 'prototype' ? target.prototype : typeof name === 'symbol' ? undefined : nothing(),
  });
}
