/** One directive of a script, as text, and the line on which it begins. */
export interface Form {
  readonly text: string;
  readonly line: number;
}

/** Splits text into its outermost parenthesised forms. Comments and what stands between forms are left out. */
export function splitForms(source: string): Form[] {
  const forms: Form[] = [];
  let depth = 0;
  let start = 0;
  let line = 1;
  let startLine = 1;
  for (let at = 0; at < source.length; at++) {
    const char = source[at];
    if (char === '\n') line++;
    else if (char === '"') at = skipString(source, at);
    else if (char === ';' && source[at + 1] === ';') at = endOfLine(source, at) - 1;
    else if (char === '(' && source[at + 1] === ';') {
      const end = skipBlockComment(source, at);
      line += countLines(source, at, end);
      at = end - 1;
    } else if (char === '(') {
      if (depth++ === 0) [start, startLine] = [at, line];
    } else if (char === ')' && --depth === 0) {
      forms.push({ text: source.slice(start, at + 1), line: startLine });
    }
  }
  if (depth !== 0) throw new SyntaxError(`a form that begins on line ${startLine} does not end`);
  return forms;
}

/** The forms inside a form. */
export function innerForms(form: string): string[] {
  return splitForms(form.slice(1, -1)).map((inner) => inner.text);
}

/** The word with which a form begins. */
export function headOf(form: string): string {
  return /^\(\s*([^\s()"]+)/.exec(form)?.[1] ?? '';
}

/** All strings that stand directly in a form, not in those inside it, decoded. */
export function stringsOf(form: string): string[] {
  const found: string[] = [];
  let depth = 0;
  for (let at = 0; at < form.length; at++) {
    const char = form[at];
    if (char === '"') {
      const end = skipString(form, at);
      if (depth === 1) found.push(decodeString(form.slice(at + 1, end)));
      at = end;
    } else if (char === ';' && form[at + 1] === ';') at = endOfLine(form, at) - 1;
    else if (char === '(' && form[at + 1] === ';') at = skipBlockComment(form, at) - 1;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
  }
  return found;
}

/** @returns the position of the closing quote */
function skipString(source: string, at: number): number {
  let end = at + 1;
  while (end < source.length && source[end] !== '"') end += source[end] === '\\' ? 2 : 1;
  return end;
}

function endOfLine(source: string, at: number): number {
  const end = source.indexOf('\n', at);
  return end < 0 ? source.length : end;
}

/** Block comments nest. @returns the position behind it */
function skipBlockComment(source: string, at: number): number {
  let depth = 0;
  for (let end = at; end < source.length; end++) {
    const two = source.slice(end, end + 2);
    if (two === '(;') depth++;
    else if (two === ';)' && --depth === 0) return end + 2;
    if (two === '(;' || two === ';)') end++;
  }
  return source.length;
}

function countLines(source: string, from: number, to: number): number {
  let lines = 0;
  for (let at = from; at < to; at++) if (source[at] === '\n') lines++;
  return lines;
}

const escapes: Readonly<Record<string, number>> = {
  t: 9,
  n: 10,
  r: 13,
  '"': 34,
  "'": 39,
  '\\': 92,
};

function decodeString(text: string): string {
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '\\') {
      const char = String.fromCodePoint(text.codePointAt(at)!);
      bytes.push(...encoder.encode(char));
      at += char.length - 1;
      continue;
    }
    const kind = text[++at]!;
    if (escapes[kind] !== undefined) bytes.push(escapes[kind]);
    else if (kind === 'u') {
      const end = text.indexOf('}', at);
      bytes.push(...encoder.encode(String.fromCodePoint(parseInt(text.slice(at + 2, end), 16))));
      at = end;
    } else bytes.push(parseInt(text.slice(at, ++at + 1), 16));
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array(bytes));
}
