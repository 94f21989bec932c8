import { compileModule } from '@spiderlightning/component';
import type { CoreModule, HostImports } from '@spiderlightning/component';
import { assemble } from '../../../../test/guests/wat.ts';

/** A resource of the host as scripts see it: nothing but its number. */
interface Numbered {
  readonly rep: number;
}

let simpleModule: Promise<CoreModule> | undefined;

/** What the scripts of wasmtime expect of the host that runs them. One for each script, since it counts. */
export async function createTestHost(): Promise<HostImports> {
  simpleModule ??= assemble(`(module
    (global (export "g") i32 i32.const 100)
    (func (export "f") (result i32) i32.const 101))`).then((bytes) => compileModule(bytes));
  let drops = 0;
  let lastDrop = 0;
  const expectRep = (resource: Numbered, rep: number): void => {
    if (resource.rep !== rep) throw new Error(`the resource is number ${resource.rep}, not ${rep}`);
  };
  return {
    'host-echo-u32': (value: number) => value,
    'host-return-two': () => 2,
    host: {
      'return-three': () => 3,
      nested: { 'return-four': () => 4 },
      'simple-module': await simpleModule,
      '[constructor]resource1': (rep: number): Numbered => ({ rep }),
      '[drop]resource1': ({ rep }: Numbered) => {
        drops++;
        lastDrop = rep;
      },
      '[static]resource1.assert': expectRep,
      '[static]resource1.last-drop': () => lastDrop,
      '[static]resource1.drops': () => drops,
      '[method]resource1.simple': expectRep,
      '[method]resource1.take-borrow': () => undefined,
      '[method]resource1.take-own': () => undefined,
      'return-hi': () => 'hi',
    },
  };
}
