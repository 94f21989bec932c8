/** What stands in place of a credential wherever text is shown. */
const hidden = '***';

/**
 * Credentials as they are written in slightfiles, URLs and the messages of client libraries. Each pattern keeps its
 * first group and hides the rest of the match. They would sooner hide too much than too little: a password may itself
 * hold `/`, `@` or a quotation mark, so everything up to the last `@` of the line goes.
 */
const patterns = [
  /(\/\/)[^\n]*(?=@)/g,
  // A user and password whose `@` is missing; a plain port is left alone.
  /(\/\/(?!\*\*\*@)[^\s"'/:@]*:)(?!\d{1,5}(?:[\s"'/?#),;]|$))[^\s"']+/gm,
  // A setting or query parameter that is secret by its name; `secrets = [` lists names.
  /((?!\bsecrets[ \t]*=[ \t]*\[)\b[\w-]*(?:password|passwd|secret|token|credential|account[-_]?key|api[-_]?key|access[-_]?key|signature)[\w-]*["']?[ \t]*=[ \t]*)(?:"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?|[^\s,}&"'#]+)/gi,
];

/** The text with every credential hidden. */
export function maskSecrets(text: string): string {
  return patterns.reduce((masked, pattern) => masked.replace(pattern, `$1${hidden}`), text);
}
