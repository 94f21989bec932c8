import type { ConfigField } from './backend.ts';
import { CapabilityError } from './error.ts';
import type { Setting } from '../../slightfile/model.ts';
import { nearestName } from '../../slightfile/nearest.ts';
import { parseDuration } from '../../slightfile/units.ts';

/**
 * The settings of a backend, checked against their description, with defaults filled in and durations in milliseconds. All that is wrong is said
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
    } else if (typeOf(value) !== written(field.type) || Number.isNaN(value)) {
      wrong.push(
        `\`${key}\` must be ${describe(field.type)}, not ${describe(typeOf(value))}: ${field.doc}${example(field)}`,
      );
    } else if (field.choices !== undefined && !field.choices.includes(value as string)) {
      const choices = field.choices.map((choice) => JSON.stringify(choice)).join(' or ');
      wrong.push(`\`${key}\` must be ${choices}: ${field.doc}`);
    } else if (field.type === 'duration') {
      const milliseconds = parseDuration(value as string);
      if (milliseconds !== undefined) checked[key] = milliseconds;
      else wrong.push(`\`${key}\` must be ${describe('duration')}: ${field.doc}`);
    } else checked[key] = value;
  }
  if (wrong.length > 0) throw new CapabilityError('invalid-argument', wrong.join('; '));
  return checked;
}

function typeOf(value: Setting): ConfigField['type'] {
  return typeof value === 'object' ? 'strings' : (typeof value as 'string' | 'number' | 'boolean');
}

/** As what a setting stands in the slightfile. */
function written(type: ConfigField['type']): ConfigField['type'] {
  return type === 'duration' ? 'string' : type;
}

function describe(type: ConfigField['type']): string {
  if (type === 'duration') return 'a duration such as "30s" (whole numbers of ms, s, m or h)';
  return type === 'strings' ? 'a list of texts' : `a ${type}`;
}

function suggest(nearest: string | undefined, known: string[]): string {
  if (nearest !== undefined) return `did you mean \`${nearest}\`?`;
  return known.length === 0 ? 'it has none; remove it' : `it has ${known.join(', ')}`;
}

function example(field: ConfigField): string {
  return field.example === undefined ? '' : ` (for example ${field.example})`;
}
