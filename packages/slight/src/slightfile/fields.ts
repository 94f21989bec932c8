import { explainAddress, parseAddress } from './address.ts';
import type { Span } from './error.ts';
import { hasPlaceholder } from './interpolate.ts';
import type { Leaf, Node } from './tree.ts';
import { parseDuration, parseSize, printDuration, printSize } from './units.ts';

/** What reading a value gives: the value, or why it is none. `found` names what stands there without quoting it. */
export type Reading<T> =
  | { readonly value: T }
  | {
      readonly expected: string;
      readonly fix: string;
      /** The part that is wrong, and what that is, where it is not the value as a whole. */
      readonly part?: { readonly span: Span; readonly found: string };
    };

/** A key of a table. Strings arrive interpolated. */
export interface Field<T = unknown> {
  readonly doc: string;
  /** As it may be written; the documentation shows it. */
  readonly example: string;
  /** Whether a secret may stand in it. */
  readonly secret?: boolean;
  read(node: Node): Reading<T>;
}

/** A text that is not empty. */
export function textField(doc: string, example: string): Field<string> {
  const expected = 'a text that is not empty';
  return {
    doc,
    example,
    read: (node) =>
      node.kind === 'string' && node.value !== ''
        ? { value: node.value }
        : { expected, fix: `write ${example}` },
  };
}

/** Texts in brackets, at least one, none of them empty or twice. */
export function textsField(doc: string, example: string): Field<readonly string[]> {
  return {
    doc,
    example,
    read: (node) => {
      const items = node.kind === 'array' ? node.items : [];
      // What is granted stands in lists, and no variable may decide that.
      const value = items.flatMap((item) =>
        item.kind === 'string' && item.value !== '' && !hasPlaceholder(item.value) ? [item.value] : [],
      );
      return value.length > 0 && value.length === items.length && new Set(value).size === value.length
        ? { value }
        : { expected: 'a list of different texts without variables', fix: `write ${example}` };
    },
  };
}

/** One of a few words. */
export function choiceField<const T extends string>(doc: string, choices: readonly T[]): Field<T> {
  const listed = choices.map((choice) => `"${choice}"`).join(' or ');
  return {
    doc,
    example: `"${choices[0]}"`,
    read: (node) => {
      const value = node.kind === 'string' ? choices.find((choice) => choice === node.value) : undefined;
      return value === undefined ? { expected: listed, fix: `write ${listed}` } : { value };
    },
  };
}

/** `true` or `false`. */
export function flagField(doc: string): Field<boolean> {
  return {
    doc,
    example: 'true',
    read: (node) =>
      node.kind === 'boolean'
        ? { value: node.value }
        : { expected: 'true or false', fix: 'write true or false' },
  };
}

/** A whole number from `least` to `most`. */
export function countField(doc: string, example: number, least: number, most: number): Field<number> {
  const expected = `a whole number from ${least} to ${most}`;
  return {
    doc,
    example: String(example),
    read: (node) =>
      node.kind === 'integer' && node.value >= least && node.value <= most
        ? { value: Number(node.value) }
        : { expected, fix: `write ${expected}, without quotation marks` },
  };
}

/** A number from 0 to 1. */
export function ratioField(doc: string, example: string): Field<number> {
  return {
    doc,
    example,
    read: (node) => {
      const value = node.kind === 'integer' || node.kind === 'float' ? Number(node.value) : Number.NaN;
      return value >= 0 && value <= 1
        ? { value }
        : { expected: 'a number from 0 to 1', fix: `write ${example}, without quotation marks` };
    },
  };
}

/** An address of the Web. */
export function urlField(doc: string, example: string): Field<string> {
  return {
    doc,
    example,
    read: (node) =>
      node.kind === 'string' && /^https?:$/.test(URL.parse(node.value)?.protocol ?? '')
        ? { value: node.value }
        : { expected: 'an address, http://HOST:PORT', fix: `write an address such as ${example}` },
  };
}

/** A size from `least` to `most` bytes. */
export function sizeField(doc: string, example: number, least: number, most: number): Field<number> {
  const expected = `a size from "${printSize(least)}" to "${printSize(most)}"`;
  return quantityField(
    doc,
    `"${printSize(example)}"`,
    expected,
    'B, KiB, MiB or GiB',
    least,
    most,
    parseSize,
  );
}

/** A duration from `least` to `most` milliseconds. */
export function durationField(doc: string, example: number, least: number, most: number): Field<number> {
  const expected = `a duration from "${printDuration(least)}" to "${printDuration(most)}"`;
  return quantityField(
    doc,
    `"${printDuration(example)}"`,
    expected,
    'ms, s, m or h',
    least,
    most,
    parseDuration,
  );
}

function quantityField(
  doc: string,
  example: string,
  expected: string,
  units: string,
  least: number,
  most: number,
  parse: (text: string) => number | undefined,
): Field<number> {
  return {
    doc,
    example,
    read: (node) => {
      const value = node.kind === 'string' ? parse(node.value) : undefined;
      return value !== undefined && value >= least && value <= most
        ? { value }
        : { expected, fix: `write a whole number and ${units} in quotation marks, such as ${example}` };
    },
  };
}

/** `HOST:PORT`. */
export function addressField(doc: string, example: string): Field<{ host: string; port: number }> {
  return {
    doc,
    example,
    read: (node) => {
      const expected = 'an address, HOST:PORT';
      if (node.kind !== 'string')
        return { expected, fix: `write a host, a colon and a port, such as ${example}` };
      const value = parseAddress(node.value);
      if (value !== undefined) return { value: { ...value } };
      const { found, fix } = explainAddress(node.value);
      return { expected, fix, part: { span: node.span, found } };
    },
  };
}

/** Origins of pages: `https://HOST[:PORT]`, several with spaces between, or `*`. */
export function originsField(doc: string, example: string): Field<readonly string[]> {
  return {
    doc,
    example,
    read: (node) => {
      const value = node.kind === 'string' ? node.value.split(/\s+/).filter((each) => each !== '') : [];
      return value.length > 0 && value.every((each) => each === '*' || isOrigin(each))
        ? { value }
        : {
            expected: 'origins with spaces between, or "*"',
            fix: `write scheme, host and no path: ${example}`,
          };
    },
  };
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text.toLowerCase();
}

/** What stands in the file, in words; the text of a string is left out, since it may be a credential. */
export function describeKind(node: Node): string {
  const words: { readonly [Kind in Leaf['kind'] | 'table']: string } = {
    table: 'a table',
    string: 'a text',
    integer: 'a whole number',
    float: 'a number',
    boolean: 'true or false',
    date: 'a date',
    array: 'an array',
  };
  return words[node.kind];
}

/** The same for a value of the right kind that does not fit. */
export function describeValue(node: Node): string {
  if (node.kind === 'string') return 'another text';
  return node.kind === 'integer' ? String(node.value) : describeKind(node);
}
