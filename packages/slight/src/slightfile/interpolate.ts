import type { Problem, Span } from './error.ts';
import { nearestName } from './nearest.ts';

export type Environment = { readonly [name: string]: string | undefined };

/** A secret by its name, or why there is none. */
export type FindSecret = (
  name: string,
) => { readonly value: string } | { readonly message: string; readonly fix: string };

/** What placeholders stand for. */
export interface Sources {
  /** Undefined: the text is checked only, and what it names may be missing. */
  readonly env: Environment | undefined;
  /** Undefined: the value is one that is shown, so no secret may stand in it. */
  readonly secrets: FindSecret | undefined;
}

/** A text whose placeholders are replaced. */
export interface Interpolated {
  readonly value: string;
  /** Where secrets were put in: the same text with `***` for each, and what was put in. */
  readonly hidden?: { readonly shown: string; readonly values: readonly string[] };
}

const placeholder = /\$\$|\$\{([^}]*)\}|\$\{/g;
const known = /^(env)\.([A-Za-z_][A-Za-z0-9_]*)$|^(secrets)\.([A-Za-z_][A-Za-z0-9_.-]*)$/;

/** Whether the text would change by interpolation. */
export function hasPlaceholder(text: string): boolean {
  return text.includes('$$') || text.includes('${');
}

/**
 * Replaces `${env.NAME}` by the variable, `${secrets.NAME}` by the secret, and `$$` by `$`; a `$` that stands alone is
 * itself. Replacements are not read again. What cannot be replaced is told to `report`, and the result is then undefined.
 */
export function interpolate(
  text: string,
  span: Span,
  { env, secrets }: Sources,
  report: (problem: Problem) => void,
): Interpolated | undefined {
  let failed = env === undefined;
  const fail = (message: string, fix: string) => {
    failed = true;
    report({ span, message, fix });
    return '';
  };

  function findVariable(name: string): string {
    if (env === undefined) return '';
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value !== undefined) return value;
    const near = nearestName(name, Object.keys(env));
    return fail(
      `the environment variable ${name} is not set`,
      near === undefined ? `set it: ${name}=… slight run` : `set it, or is ${near} meant?`,
    );
  }

  function findSecret(name: string): string {
    if (secrets === undefined) {
      return fail(
        `a secret ("\${secrets.${name}}") may not stand here: this value is shown, or decides what is granted`,
        'secrets stand in binds, in the settings beside them, and in [telemetry] traces',
      );
    }
    if (env === undefined) return '';
    const found = secrets(name);
    return 'value' in found ? found.value : fail(found.message, found.fix);
  }

  let [value, shown, end] = ['', '', 0];
  const values: string[] = [];
  for (const match of text.matchAll(placeholder)) {
    const [found, inside] = match;
    const before = text.slice(end, match.index);
    end = match.index + found.length;
    const [, variable, variableName = '', , secretName = ''] = known.exec(inside ?? '') ?? [];
    const isSecret = secretName !== '';
    let replaced = '';
    if (found === '$$') replaced = '$';
    else if (inside === undefined)
      fail('"${" has no "}"', 'close it, or write "$${" for the characters themselves');
    else if (variable !== undefined) replaced = findVariable(variableName);
    else if (isSecret) replaced = findSecret(secretName);
    else {
      fail(
        `"\${${inside}}" is not known`,
        'what is known is "${env.NAME}", an environment variable, and "${secrets.NAME}"; "$$" is a "$"',
      );
    }
    if (isSecret) values.push(replaced);
    value += before + replaced;
    shown += before + (isSecret ? '***' : replaced);
  }
  if (failed) return undefined;
  const rest = text.slice(end);
  value += rest;
  return values.length === 0 ? { value } : { value, hidden: { shown: shown + rest, values } };
}
