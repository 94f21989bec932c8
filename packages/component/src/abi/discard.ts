import { toCamelCase } from './codec.ts';
import type { ResourceType, ValueType } from './model.ts';

/** What hears of the end of the host's resources, by their slots; undefined where nobody does. */
export type Drops = readonly (ResourceType['drop'] | undefined)[];

/** Lets go of all that a value owns of the host's resources. */
export type Discard = (drops: Drops, value: any) => void;

/**
 * Plans how to let go of a value that comes when its guest is gone: nobody else would ever end what it owns.
 * @returns undefined where values of the type own nothing
 */
export function planDiscard(type: ValueType | undefined): Discard | undefined {
  switch (type?.kind) {
    case 'own':
      return (drops, value) => drop(drops[type.resource], value);
    case 'list': {
      const element = planDiscard(type.element);
      return element && ((drops, values) => values.forEach((value: unknown) => element(drops, value)));
    }
    case 'tuple':
      return discardMembers(type.types.map((member, index) => [index, member]));
    case 'record':
      return discardMembers(type.fields.map((field) => [toCamelCase(field.name), field.type]));
    case 'variant':
      return discardCases(type.cases.map((each) => [each.name, each.type]));
    case 'result':
      return discardCases([
        ['ok', type.ok],
        ['err', type.err],
      ]);
    case 'option': {
      const inner = planDiscard(type.type);
      if (inner === undefined) return undefined;
      // An option in an option is tagged.
      if (type.type.kind === 'option') return discardCases([['some', type.type]]);
      return (drops, value) => void (value === undefined || inner(drops, value));
    }
    default:
      return undefined;
  }
}

function discardMembers(
  types: readonly (readonly [key: string | number, type: ValueType])[],
): Discard | undefined {
  const members = types.flatMap(([key, type]) => {
    const member = planDiscard(type);
    return member === undefined ? [] : [{ key, member }];
  });
  if (members.length === 0) return undefined;
  return (drops, value) => members.forEach(({ key, member }) => member(drops, value[key]));
}

function discardCases(
  types: readonly (readonly [tag: string, type: ValueType | undefined])[],
): Discard | undefined {
  const cases = new Map(
    types.flatMap(([tag, type]) => {
      const payload = planDiscard(type);
      return payload === undefined ? [] : [[tag, payload] as const];
    }),
  );
  return cases.size === 0 ? undefined : (drops, { tag, val }) => cases.get(tag)?.(drops, val);
}

/** Nobody is there to be told of a failure, and the others are to be let go as well. */
function drop(hear: Drops[number], object: unknown): void {
  try {
    const answer: unknown = hear?.(object);
    if (answer instanceof Promise) answer.catch(() => undefined);
  } catch {
    // As above.
  }
}
