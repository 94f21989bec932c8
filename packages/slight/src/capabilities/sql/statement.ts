/**
 * What can be said of a statement without knowing the dialect: where its parameters stand. Quotes, comments and names are
 * stepped over.
 */

/** A piece of SQL in which a question mark is none. Dollar quotes and nested comments are of PostgreSQL. */
const opaque =
  /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`(?:[^`]|``)*`?|\[[^\]]*\]?|--[^\n]*|\/\*[^]*?(?:\*\/|$)|\$(\w*)\$[^]*?(?:\$\1\$|$)/g;

/** The statement with all that is quoted, named or said beside it blanked out: every character stays in its place. */
export function blankQuotes(text: string): string {
  return text.replace(opaque, (found) => ' '.repeat(found.length));
}

/** How many `?` there are. */
export function countMarks(text: string): number {
  return blankQuotes(text).split('?').length - 1;
}

/** A parameter that is named or numbered (`?1`, `:id`, `@id`, `$id`), if there is one. */
export function findNamedMark(text: string): string | undefined {
  return /\?\d+|(?<![:\w])[:@$][A-Za-z_]\w*/.exec(blankQuotes(text))?.[0];
}

/** Whether it only reads, whatever database runs it. False: nobody knows. */
export function onlyReads(text: string): boolean {
  return reads.test(blankQuotes(text));
}

/** Whether it may want to write. PRAGMA hardly ever does. */
export function mayWrite(text: string): boolean {
  return !onlyReads(text) && !/^\s*pragma\b/i.test(blankQuotes(text));
}

/** EXPLAIN runs nothing, unless it is to ANALYZE. What WITH begins may end in, or hold, any other statement. */
const reads =
  /^(?:\s*explain\s+(?:query\s+plan\s+)?)?[\s(]*(?:(?:select|values)\b(?![^]*\binto\b)(?![^]*\bfor\s+(?:update|share)\b)|with\b(?![^]*\b(?:insert|update|delete|replace|merge|into|share)\b))/i;
