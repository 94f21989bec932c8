import { compile, ComponentError, isTrap } from '@spiderlightning/component';
import type { Component, HostImports, HostInterface, Instance } from '@spiderlightning/component';
import { mutate } from './mutate.ts';
import { createRandom } from './random.ts';
import type { Subject } from './subjects.ts';

/** How far a mutant came. */
export type Fate = 'refused' | 'not linked' | 'trapped' | 'ran';

/** Most milliseconds that one mutant may take: a hundred times what the slowest subject does. */
export const PATIENCE = 10_000;

/** What follows from a seed. */
export function makeMutant(seed: number, subjects: readonly Subject[]): { name: string; bytes: Uint8Array } {
  const random = createRandom(seed);
  // The large ones take a hundred times as long.
  const small = subjects.filter(({ bytes }) => bytes.length < 100_000);
  const { name, bytes } = random.oneIn(20) ? random.pick(subjects) : random.pick(small);
  return { name, bytes: mutate(bytes, random.pick(small).bytes, random) };
}

/**
 * Does all that a host does with a component. What may come of it is an error of the documented kinds.
 * @throws whatever else came of it
 */
export async function tryMutant(bytes: Uint8Array): Promise<Fate> {
  let component: Component;
  try {
    component = await compile(bytes);
  } catch (error) {
    return expect(error, error instanceof ComponentError, 'refused');
  }
  JSON.stringify(component.inspect());
  let instance: Instance;
  try {
    instance = await component.instantiate(serve(component), { memory: 2 ** 24, cpu: 50, restorable: true });
  } catch (error) {
    return expect(error, error instanceof ComponentError || isTrap(error), 'not linked');
  }
  let fate: Fate = 'ran';
  for (const name of namesOf(component)) {
    try {
      // Of the wrong types for nearly all, which is refused before the guest is entered.
      await instance.call(name, [], { cpu: 20, deadline: 200 });
    } catch (error) {
      fate = expect(error, error instanceof TypeError || isTrap(error), 'trapped');
    }
    if (!instance.alive) await instance.restore();
  }
  instance.dispose();
  return fate;
}

function expect(error: unknown, documented: boolean, fate: Fate): Fate {
  if (documented) return fate;
  throw error;
}

/** Answers everything with what fits nothing, or a number. */
function serve(component: Component): HostImports {
  const imports: Record<string, HostInterface | (() => unknown)> = {};
  for (const wanted of component.imports) {
    if (wanted.kind === 'func') imports[wanted.name] = () => 1n;
    if (wanted.kind !== 'instance') continue;
    const answers = wanted.functions.map((name) => [name, () => (name.startsWith('[') ? {} : undefined)]);
    imports[wanted.name] = Object.fromEntries(answers) as HostInterface;
  }
  return imports;
}

function namesOf(component: Component): string[] {
  return component.exports.flatMap((item) => {
    if (item.kind === 'func') return [item.name];
    return item.kind === 'instance' ? item.functions.map((name) => `${item.name}#${name}`) : [];
  });
}
