/** What stands in place of a credential wherever text is shown. */
const hidden = '***';

/**
 * Credentials as they are written in slightfiles, URLs and the messages of client libraries. Each pattern keeps its
 * first group and hides the rest of the match. They would sooner hide too much than too little. What a guest says may be
 * in the text: none takes time by the square of its length.
 */
const patterns = [
  // A user and password whose `@` is missing; a plain port is left alone.
  /(\/\/(?!\*\*\*@)[^\s"'/:@]*:)(?!\d{1,5}(?:[\s"'/?#),;]|$))[^\s"']+/gm,
  // A setting or query parameter that is secret by its name; `secrets = [` lists names.
  /((?<![\w-])(?!-*secrets[ \t]*=[ \t]*\[)(?=[\w-]*(?:password|passwd|secret|token|credential|account[-_]?key|api[-_]?key|access[-_]?key|signature))[\w-]+["']?[ \t]*=[ \t]*)(?:"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?|[^\s,}&"'#]+)/gi,
];

/** The text with every credential hidden. */
export function maskSecrets(text: string): string {
  const lines = text.includes('@') ? text.split('\n').map(maskLogin).join('\n') : text;
  return patterns.reduce((masked, pattern) => masked.replace(pattern, `$1${hidden}`), lines);
}

/** A password may itself hold `/`, `@` or a quotation mark, so everything up to the last `@` of the line goes. */
function maskLogin(line: string): string {
  const from = line.indexOf('//') + 2;
  const to = line.lastIndexOf('@');
  return from < 2 || to < from ? line : `${line.slice(0, from)}${hidden}${line.slice(to)}`;
}
