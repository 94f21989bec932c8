import { HOSTS, type Runs } from './host.ts';

/**
 * The component's own core modules with imports written by hand for this one component: what a careful author would
 * write who needs neither types nor checks, and the least that any engine can take.
 */
export async function loadRaw(component: Uint8Array, mode: 'sync' | 'jspi'): Promise<Runs> {
  const [memoryModule, mainModule] = readCoreModules(component) as [Uint8Array, Uint8Array];
  const exported = (await instantiate(memoryModule, {})) as {
    memory: WebAssembly.Memory;
    realloc(old: number, oldSize: number, alignment: number, size: number): number;
  };
  const { memory, realloc } = exported;
  const host = HOSTS[mode];
  // This memory never grows, so one view of each kind lasts.
  const bytes = Buffer.from(memory.buffer) as Buffer & { utf8Slice(start: number, end: number): string };
  const view = new DataView(memory.buffer);
  const readKey = (at: number, length: number) => bytes.utf8Slice(at, at + length);
  const writeValue = (value: Uint8Array, result: number) => {
    const { length } = value;
    const at = realloc(0, 0, 1, length);
    // On so few bytes quicker than `set`.
    for (let i = 0; i < length; i++) bytes[at + i] = value[i]!;
    view.setUint8(result, 0);
    view.setUint32(result + 4, at, true);
    view.setUint32(result + 8, length, true);
  };
  const { Suspending, promising } = WebAssembly as any;
  const imports =
    mode === 'sync'
      ? {
          get: (at: number, length: number, result: number) =>
            writeValue(host.get(readKey(at, length)) as Uint8Array, result),
          add: host.add,
        }
      : {
          get: new Suspending(async (at: number, length: number, result: number) =>
            writeValue(await host.get(readKey(at, length)), result),
          ),
          add: new Suspending(host.add),
        };
  const main = await instantiate(mainModule, { memory: { memory }, host: imports });
  const enter = (name: string) => (mode === 'sync' ? main[name] : promising(main[name]));
  return { get: enter('run-get'), add: enter('run-add') };
}

async function instantiate(module: Uint8Array, imports: WebAssembly.Imports): Promise<any> {
  const compiled = await WebAssembly.compile(module as Uint8Array<ArrayBuffer>);
  return new WebAssembly.Instance(compiled, imports).exports;
}

/** The core modules in a component, in order: its sections with the number 1. */
function readCoreModules(component: Uint8Array): Uint8Array[] {
  const modules: Uint8Array[] = [];
  for (let at = 8; at < component.length;) {
    const kind = component[at++];
    let size = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = component[at++]!;
      size += (byte & 0x7f) << shift;
      more = byte > 0x7f;
    }
    if (kind === 1) modules.push(component.slice(at, at + size));
    at += size;
  }
  return modules;
}
