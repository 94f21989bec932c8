import { countMarks } from '../statement.ts';
import type { SqlValue } from '../contract.ts';
import { withParameters, withStatements, withValues, type Defects } from './defect.ts';

const same = 'integers, floats, texts and blobs come back as they were given';
const typed = 'booleans, decimals and times come back as such from columns of their type';
const unchecked: Defects[string]['guest'] = (_sql, raw) => ({ query: raw.query, execute: raw.execute });

/** As a careless author would write it. */
function paste(text: string, parameters: readonly SqlValue[]): string {
  let next = 0;
  return text.replaceAll('?', () => {
    const value = parameters[next++];
    return typeof value === 'string' ? `'${value}'` : String(value);
  });
}

export const valueDefects: Defects = {
  'integers are numbers': {
    breaks: [same],
    backend: withValues((value) => (typeof value === 'bigint' ? BigInt(Number(value)) : value)),
  },
  'integers have 32 bits': {
    breaks: [same],
    backend: withParameters((value) => (typeof value === 'bigint' ? BigInt.asIntN(32, value) : value)),
  },
  'floats have 32 bits': {
    breaks: [same],
    backend: withValues((value) => (typeof value === 'number' ? Math.fround(value) : value)),
  },
  'texts are trimmed': {
    breaks: [same],
    backend: withParameters((value) => (typeof value === 'string' ? value.trim() : value)),
  },
  'texts are Latin-1': {
    breaks: [same],
    backend: withParameters((value) =>
      typeof value === 'string' ? Buffer.from(value, 'latin1').toString('latin1') : value,
    ),
  },
  'a blob ends at its first zero': {
    breaks: [same],
    backend: withValues((value) =>
      value instanceof Uint8Array && value.includes(0) ? value.slice(0, value.indexOf(0)) : value,
    ),
  },
  'blobs are text': {
    breaks: [same],
    backend: withValues((value) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value)),
  },
  'booleans are integers': {
    breaks: [typed],
    backend: withValues((value) => (typeof value === 'boolean' ? BigInt(value) : value)),
  },
  'decimals are floats': {
    breaks: [typed],
    backend: withValues((value) =>
      typeof value === 'object' && value !== null && 'type' in value && value.type === 'decimal'
        ? Number(value.text)
        : value,
    ),
  },
  'decimals lose their last zeros': {
    breaks: [typed],
    backend: withParameters((value) =>
      typeof value === 'object' && value !== null && 'type' in value && value.type === 'decimal'
        ? { type: 'decimal', text: value.text.replace(/0+$/, '') }
        : value,
    ),
  },
  'times are texts': {
    breaks: [typed],
    backend: withValues((value) =>
      typeof value === 'object' && value !== null && 'type' in value && value.type !== 'decimal'
        ? value.text
        : value,
    ),
  },
  'a missing number is zero': {
    breaks: ['null is null in a column of any type'],
    backend: withValues((value) => value ?? 0n),
  },
  'a missing text is empty': {
    breaks: ['null is null in a column of any type'],
    backend: withParameters((value) => value ?? ''),
  },
  'values are pasted into the statement': {
    breaks: ['a value is never SQL, whatever it says'],
    backend: withStatements(({ text, parameters }) => ({ text: paste(text, parameters), parameters: [] })),
  },
  'quotes are doubled once more': {
    breaks: ['a value is never SQL, whatever it says'],
    backend: (sql) => ({
      execute: ({ text, parameters }) =>
        sql.execute({
          text,
          parameters: parameters.map((value) =>
            typeof value === 'string' ? value.replaceAll("'", "''") : value,
          ),
        }),
    }),
  },
  'every question mark is a parameter': {
    breaks: ['marks in quotes, names and comments are no parameters'],
    guest: (sql) => ({
      query(statement) {
        if (statement.text.split('?').length - 1 !== statement.parameters.length)
          throw new Error('too few values');
        return sql.query(statement);
      },
    }),
  },
  'values that are missing are null': {
    breaks: ['as many values as parameters, or it is invalid-argument'],
    guest: (sql) => ({
      execute: ({ text, parameters }) =>
        sql.execute({
          text,
          parameters: Array.from({ length: countMarks(text) }, (_, index) => parameters[index] ?? null),
        }),
    }),
  },
  'parameters are not counted': {
    breaks: ['as many values as parameters, or it is invalid-argument'],
    guest: unchecked,
  },
  'values are not checked': { breaks: ['values that cannot be are invalid-argument'], guest: unchecked },
  'sizes are not checked': { breaks: ['what is too large is invalid-argument'], guest: unchecked },
};
