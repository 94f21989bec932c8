import type { CoreSignature } from '../binary/syntax.ts';
import type { CoreReference } from '../types/entities.ts';
import { invalid } from '../types/resolve.ts';
import type { Planner } from './planner.ts';

export const REALLOC: CoreSignature = { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] };
export const CALLBACK: CoreSignature = { params: ['i32', 'i32', 'i32'], results: ['i32'] };
export const DESTRUCTOR: CoreSignature = { params: ['i32'], results: [] };

/** The signature of a core function; undefined where it cannot be made out. */
export function signatureOf(planner: Planner, reference: CoreReference): CoreSignature | undefined {
  if (reference.from === 'canonical') return planner.canonicals[reference.index];
  const module = planner.coreInstances[reference.instance]!;
  const type = planner.typesOf(module).exports.get(reference.name);
  return type?.kind === 'func' && type.unknown !== true ? type.type : undefined;
}

/** @throws {ComponentError} `invalid` with `problem`, where a core function is known to have another signature */
export function checkSignature(
  planner: Planner,
  reference: CoreReference | undefined,
  wanted: CoreSignature,
  problem: string,
  offset: number,
): void {
  const found = reference && signatureOf(planner, reference);
  if (found === undefined) return;
  if (same(found.params, wanted.params) && same(found.results, wanted.results)) return;
  invalid(`${problem}: ${writeSignature(found)}, not ${writeSignature(wanted)}`, offset);
}

/**
 * Compares a core function with what a type of functions, lowered, says that it is.
 * @throws {ComponentError} `invalid`
 */
export function checkLowered(
  planner: Planner,
  reference: CoreReference,
  wanted: CoreSignature,
  offset: number,
): void {
  const found = signatureOf(planner, reference);
  if (found === undefined) return;
  for (const [what, part] of [
    ['parameter', 'params'],
    ['result', 'results'],
  ] as const) {
    if (same(found[part], wanted[part])) continue;
    const [need, have] = [wanted[part], found[part]].map((types) => types.join(', ').toUpperCase());
    invalid(
      `The core function is not what its type says: lowered ${what} types \`[${need}]\` do not match ${what} types \`[${have}]\``,
      offset,
    );
  }
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((type, index) => type === other[index]);
}

function writeSignature({ params, results }: CoreSignature): string {
  return `[${params.join(' ')}] -> [${results.join(' ')}]`;
}
