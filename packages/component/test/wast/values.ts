import { headOf, innerForms, stringsOf } from './forms.ts';

/** A value as a script writes it, as JavaScript has it. Options are tagged only around other options. */
export function readValue(form: string): unknown {
  const head = headOf(form);
  const text = form.slice(form.indexOf(head) + head.length, -1).trim();
  const inner = (): unknown => {
    const [one] = innerForms(form);
    return one === undefined ? undefined : readValue(one);
  };
  switch (head) {
    case 'bool.const':
      return text === 'true';
    case 's64.const':
    case 'u64.const':
      return readInteger(text);
    case 'f32.const':
      return Math.fround(readFloat(text));
    case 'f64.const':
      return readFloat(text);
    case 'str.const':
    case 'char.const':
    case 'enum.const':
      return stringsOf(form)[0];
    case 'list.const':
    case 'tuple.const':
      return innerForms(form).map(readValue);
    case 'record.const':
      return Object.fromEntries(
        innerForms(form).map((field) => {
          const [whole, name] = /^\(\s*field\s+"((?:[^"\\]|\\.)*)"/.exec(field)!;
          // The value stands in the field with or without parentheses of its own.
          const rest = field.slice(whole.length, -1).trim();
          return [camelCase(name!), readValue(rest.startsWith('(') ? rest : `(${rest})`)];
        }),
      );
    case 'flags.const':
      return Object.fromEntries(stringsOf(form).map((name) => [camelCase(name), true]));
    case 'variant.const':
      return { tag: stringsOf(form)[0], val: inner() };
    case 'option.none':
      return undefined;
    case 'option.some': {
      const nested = headOf(innerForms(form)[0]!).startsWith('option.');
      return nested ? { tag: 'some', val: inner() } : inner();
    }
    case 'result.ok':
    case 'result.err':
      return { tag: head.slice('result.'.length), val: inner() };
    default:
      if (/^[su](?:8|16|32)\.const$/.test(head)) return Number(readInteger(text));
      throw new SyntaxError(`a value of kind ${head} is not known`);
  }
}

/** Whether a result is what a script wants. */
export function isWanted(actual: unknown, form: string): boolean {
  return equals(actual, readValue(form), headOf(form) === 'flags.const');
}

function equals(actual: unknown, wanted: unknown, flags = false): boolean {
  if (actual instanceof Uint8Array) return equals([...actual], wanted);
  if (typeof wanted !== 'object' || wanted === null) {
    if (isTagged(actual, 'some')) return equals(actual.val, wanted);
    return Object.is(actual, wanted) || (wanted === undefined && isTagged(actual, 'none'));
  }
  if (typeof actual !== 'object' || actual === null) return false;
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual) || actual.length !== wanted.length) return false;
    return wanted.every((one, index) => equals(actual[index], one));
  }
  const keys = new Set([...Object.keys(actual), ...Object.keys(wanted)]);
  for (const key of keys) {
    const [left, right] = [actual, wanted].map((object) => (object as Record<string, unknown>)[key]);
    if (flags || typeof left === 'boolean' ? Boolean(left) !== Boolean(right) : !equals(left, right))
      return false;
  }
  return true;
}

function isTagged(value: unknown, tag: string): value is { readonly val: unknown } {
  return typeof value === 'object' && value !== null && (value as { tag?: unknown }).tag === tag;
}

function readInteger(text: string): bigint {
  const plain = text.replaceAll('_', '');
  return plain.startsWith('-') ? -BigInt(plain.slice(1)) : BigInt(plain.replace(/^\+/, ''));
}

function readFloat(text: string): number {
  const plain = text.replaceAll('_', '').toLowerCase();
  if (plain.includes('nan')) return NaN;
  if (plain.endsWith('inf')) return plain.startsWith('-') ? -Infinity : Infinity;
  const hex = /^([+-]?)0x([0-9a-f]+)(?:\.([0-9a-f]*))?(?:p([+-]?\d+))?$/.exec(plain);
  if (hex === null) return Number(plain);
  const [, sign, whole, fraction = '', exponent = '0'] = hex;
  const digits = parseInt(whole! + fraction, 16) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -digits : digits;
}

function camelCase(name: string): string {
  return name.replace(/-([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
