import type { ConfigField } from './backend.ts';
import { CapabilityError } from './error.ts';
import type { Setting } from '../../slightfile/model.ts';
import { nearestName } from '../../slightfile/nearest.ts';

/**
 * The settings of a backend, checked against their description, with defaults filled in. All that is wrong is said
 * in one error; values are not repeated in it, since one may be a secret.
 * @throws {CapabilityError} `invalid-argument`
 */
export function checkConfig(
  fields: { readonly [key: string]: ConfigField },
  given: { readonly [key: string]: Setting },
): { readonly [key: string]: Setting } {
  const wrong: string[] = [];
  const checked: { [key: string]: Setting } = {};
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(fields, key)) continue;
    const nearest = nearestName(key, Object.keys(fields));
    wrong.push(`\`${key}\` is no setting of this backend: ${suggest(nearest, Object.keys(fields))}`);
  }
  for (const [key, field] of Object.entries(fields)) {
    const value = Object.hasOwn(given, key) ? given[key] : field.default;
    if (value === undefined) {
      if (field.required) wrong.push(`\`${key}\` is missing: ${field.doc}${example(field)}`);
    } else if (typeOf(value) !== field.type || Number.isNaN(value)) {
      wrong.push(
        `\`${key}\` must be ${describe(field.type)}, not ${describe(typeOf(value))}: ${field.doc}${example(field)}`,
      );
    } else checked[key] = value;
  }
  if (wrong.length > 0) throw new CapabilityError('invalid-argument', wrong.join('; '));
  return checked;
}

function typeOf(value: Setting): ConfigField['type'] {
  return typeof value === 'object' ? 'strings' : (typeof value as 'string' | 'number' | 'boolean');
}

function describe(type: ConfigField['type']): string {
  return type === 'strings' ? 'a list of texts' : `a ${type}`;
}

function suggest(nearest: string | undefined, known: string[]): string {
  if (nearest !== undefined) return `did you mean \`${nearest}\`?`;
  return known.length === 0 ? 'it has none; remove it' : `it has ${known.join(', ')}`;
}

function example(field: ConfigField): string {
  return field.example === undefined ? '' : ` (for example ${field.example})`;
}
