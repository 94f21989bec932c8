import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { importTool } from './tool.ts';

/** What jco made of a component: gives what it exports, for imports by the names of their interfaces. */
export type JcoInstantiate = (imports: object) => Promise<any>;

/**
 * Transpiles a component with jco and imports what came of it.
 * @param options - `asyncMode`, `asyncImports` and `asyncExports`, where functions may wait
 */
export async function transpileWithJco(
  component: Uint8Array,
  options: object,
  tell: (progress: string) => void,
): Promise<JcoInstantiate> {
  const jco = await importTool('jco', '@bytecodealliance/jco/dist/api.js', tell);
  const settings = { name: 'component', instantiation: 'async', wasiShim: false, ...options };
  const { files } = await jco.transpile(component, settings);
  const folder = await mkdtemp(join(tmpdir(), 'bench-jco-'));
  try {
    for (const [name, content] of Object.entries<Uint8Array>(files)) {
      const path = join(folder, name.replace(/\.js$/, '.mjs'));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    }
    const { instantiate } = await import(pathToFileURL(join(folder, 'component.mjs')).href);
    return (imports) => instantiate((name: string) => WebAssembly.compile(files[name]), imports);
  } finally {
    await rm(folder, { recursive: true });
  }
}
