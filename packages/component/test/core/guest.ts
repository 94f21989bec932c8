import { assemble } from '../../../../test/guests/wat.ts';
import { instantiateModule } from '../../src/core/instance.ts';
import { createLimits } from '../../src/core/limits.ts';
import type { GuestLimits } from '../../src/core/limits.ts';
import type { CallLimits } from '../../src/core/model.ts';
import { prepareModule } from '../../src/core/prepare.ts';
import { hostThread } from '../../src/platform/host-thread.ts';
import { trapFromGuest } from '../../src/runtime/trap.ts';

type CoreFunction = (...args: any[]) => any;

export interface Guest {
  readonly limits: GuestLimits;
  readonly exports: Record<string, any>;
  readonly start: (() => void) | undefined;
  /** Calls through `promising`, as async entries do; rejects with a trap. */
  call(name: string, args?: readonly unknown[], bounds?: CallLimits): Promise<unknown>;
  /** Calls plainly; throws a trap. */
  callSync(name: string, args?: readonly unknown[], bounds?: CallLimits): unknown;
}

/** A core module, prepared and instantiated under limits. `limits` to share those of another one. */
export async function makeGuest(
  wat: string | Uint8Array,
  options: {
    imports?: Record<string, Record<string, unknown>>;
    memory?: number;
    limits?: GuestLimits;
    noteStores?: boolean;
  } = {},
): Promise<Guest> {
  const bytes = typeof wat === 'string' ? await assemble(wat) : wat;
  const prepared = await prepareModule(bytes, { noteStores: options.noteStores === true });
  const limits = options.limits ?? createLimits(hostThread(), { memory: options.memory });
  const module = new WebAssembly.Module(prepared.bytes as Uint8Array<ArrayBuffer>);
  const { exports, start } = instantiateModule(module, prepared.shape, options.imports ?? {}, limits);
  return {
    limits,
    exports,
    start,
    async call(name, args = [], bounds = {}) {
      limits.begin(bounds);
      limits.enter(true);
      const result = WebAssembly.promising(exports[name] as CoreFunction)(...args);
      const settled = result.finally(() => limits.end());
      return await settled.catch((error: unknown) => {
        throw trapFromGuest(error);
      });
    },
    callSync(name, args = [], bounds = {}) {
      limits.begin(bounds);
      limits.enter(false);
      try {
        return (exports[name] as CoreFunction)(...args);
      } catch (error) {
        throw trapFromGuest(error);
      } finally {
        limits.end();
      }
    },
  };
}
