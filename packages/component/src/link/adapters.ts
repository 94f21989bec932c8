import type { AdapterBinding, CoreFunction } from '../abi/model.ts';
import { canWait, pendingFlag, takePending } from '../abi/pending.ts';
import { trapUncaught } from '../runtime/trap.ts';
import { emitAdapters } from './adapter-module.ts';

const modules = new Map<string, WebAssembly.Module>();

const SHARED = {
  flag: pendingFlag,
  // Without the means to wait no call ever becomes a pending one.
  wait: canWait ? new WebAssembly.Suspending(takePending) : () => undefined,
  escaped: trapUncaught,
  argument: (call: { readonly core: readonly unknown[] }, index: number) => call.core[index],
};

/**
 * Makes the core functions that a guest imports. They are WebAssembly: so a guest that waits has none but WebAssembly
 * frames on its stack, and calls between components go from one to the other directly.
 *
 * All of them become one core instance, of a module that is made once for each sequence of shapes.
 */
export function instantiateAdapters(bindings: readonly AdapterBinding[]): CoreFunction[] {
  const adapted = bindings.filter((binding) => binding.shape !== 'direct');
  const shapes = adapted.map((binding) => binding.shape);
  const key = shapes.join(';');
  let module = modules.get(key);
  if (module === undefined) modules.set(key, (module = new WebAssembly.Module(emitAdapters(shapes))));
  const imports: Record<string, Record<string, unknown>> = { shared: SHARED };
  adapted.forEach((binding, i) => (imports[i] = binding.imports));
  const { exports } = new WebAssembly.Instance(module, imports);
  let next = 0;
  return bindings.map((binding) =>
    binding.shape === 'direct'
      ? (binding.imports['start'] as CoreFunction)
      : (exports[next++] as CoreFunction),
  );
}
