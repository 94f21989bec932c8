import type { SQLInputValue } from 'node:sqlite';
import type { SqlTextType, SqlValue } from '../contract.ts';
import { hasForm } from '../validate.ts';

/** What SQLite keeps: integers are `bigint`. */
export type Stored = null | bigint | number | string | Uint8Array;

/** SQLite has neither booleans nor decimals nor times: they are kept as integers and text. */
export function lowerValue(value: SqlValue): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return value.text;
}

/** What the type that a column was declared with makes of a value, where it says more than SQLite keeps. */
export type Lift = (value: Stored) => SqlValue;

const toBoolean: Lift = (value) => (value === 0n || value === 1n ? value === 1n : value);
const toTyped =
  (type: SqlTextType): Lift =>
  (value) =>
    typeof value === 'string' && hasForm(type, value) ? { type, text: value } : value;

/** By the first word of the declaration. A decimal column keeps its digits where it is `DECIMAL TEXT`. */
const lifts: { readonly [word: string]: Lift | undefined } = {
  BOOL: toBoolean,
  BOOLEAN: toBoolean,
  DECIMAL: toTyped('decimal'),
  NUMERIC: toTyped('decimal'),
  DATE: toTyped('date'),
  TIME: toTyped('time'),
  TIMESTAMP: toTyped('timestamp'),
  DATETIME: toTyped('timestamp'),
};

/** Undefined: values of the column are as SQLite keeps them. */
export function liftOf(declared: string | null): Lift | undefined {
  const word = declared === null ? null : /^\w+/.exec(declared.toUpperCase());
  return word === null ? undefined : lifts[word[0]];
}
