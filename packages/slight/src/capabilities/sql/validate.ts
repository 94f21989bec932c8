import { CapabilityError } from '../core/error.ts';
import type { SqlStatement, SqlTextType, SqlValue } from './contract.ts';
import { countMarks, findNamedMark } from './statement.ts';

/** Bytes of UTF-8. */
export const longestStatement = 1024 * 1024;
/** Bytes of one value, and of all values of a row or of a statement together. */
export const largestValue = 25 * 1024 * 1024;
export const mostParameters = 32_766;
export const mostStatements = 1_000;
/** Rows that a backend gives at once. */
export const mostRows = 500;
/** Bytes of rows from which on a page is full; a single row may have more. */
export const fullPage = 1024 * 1024;

const least = -(2n ** 63n);
const greatest = 2n ** 63n - 1n;
const time = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?`;
const date = String.raw`\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`;
const forms: { readonly [Type in SqlTextType]: { readonly form: RegExp; readonly example: string } } = {
  decimal: { form: /^-?\d{1,1000}(?:\.\d{1,1000})?$/, example: '-12.50' },
  date: { form: new RegExp(`^${date}$`), example: '2027-01-31' },
  time: { form: new RegExp(`^${time}$`), example: '23:59:59.123' },
  timestamp: {
    form: new RegExp(String.raw`^${date}[T ]${time}(?:Z|[+-]\d\d:\d\d)?$`),
    example: '2027-01-31T23:59:59.123Z',
  },
};

/** Whether a text is a value of the type. There is no 30th of February. */
export function hasForm(type: SqlTextType, text: string): boolean {
  if (!forms[type].form.test(text)) return false;
  if ((type !== 'date' && type !== 'timestamp') || Number(text.slice(8, 10)) <= 28) return true;
  const day = text.slice(0, 10);
  return new Date(day).toISOString().startsWith(day);
}

function invalid(message: string, detail?: unknown): CapabilityError {
  return new CapabilityError('invalid-argument', message, { detail });
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkText(text: string): void {
  if (text.trim() === '') throw invalid('the statement is empty');
  if (text.length * 3 > longestStatement && Buffer.byteLength(text) > longestStatement) {
    throw invalid(
      `the statement has ${Buffer.byteLength(text)} bytes. It has up to 1 MiB: give values as parameters`,
      {
        limit: longestStatement,
      },
    );
  }
  if (text.includes('\0')) throw invalid('the statement has a zero character');
  if (!text.isWellFormed()) throw invalid('the statement has half a surrogate pair');
  const named = findNamedMark(text);
  if (named !== undefined)
    throw invalid(`the parameter ${named}: write ? for each parameter, in their order`);
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkStatement({ text, parameters }: SqlStatement): void {
  checkText(text);
  checkParameters(text, parameters);
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkParameters(text: string, parameters: readonly SqlValue[]): void {
  const marks = countMarks(text);
  if (marks !== parameters.length)
    throw invalid(`the statement has ${marks} parameters (?), and ${parameters.length} values were given`);
  if (marks > mostParameters) throw invalid(`${marks} parameters. A statement has up to ${mostParameters}`);
  let size = 0;
  parameters.forEach((value, index) => {
    const wrong = findWrong(value);
    if (wrong !== undefined) throw invalid(`parameter ${index + 1}: ${wrong}`);
    size += sizeOf(value);
  });
  if (size > largestValue)
    throw invalid(
      `the values have ${size} bytes together. They have up to 25 MiB; keep larger ones in a blob store`,
      {
        limit: largestValue,
      },
    );
}

/** Bytes of one value, about. */
export function sizeOf(value: SqlValue): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (value instanceof Uint8Array) return value.byteLength;
  return 8;
}

function findWrong(value: SqlValue): string | undefined {
  switch (typeof value) {
    case 'bigint':
      return value < least || value > greatest ? `${value} has more than 64 bits with a sign` : undefined;
    case 'number':
      return Number.isNaN(value) ? 'NaN is no value in SQL: null stands for what is not there' : undefined;
    case 'string':
      return value.isWellFormed() ? undefined : 'the text has half a surrogate pair, which UTF-8 cannot hold';
    case 'object': {
      if (value === null || value instanceof Uint8Array) return undefined;
      return hasForm(value.type, value.text)
        ? undefined
        : `${JSON.stringify(value.text.slice(0, 50))} is no ${value.type}: one reads ${forms[value.type].example}`;
    }
    default:
      return undefined;
  }
}
