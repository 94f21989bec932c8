import type { Problem, Span } from './error.ts';
import { nearestName } from './nearest.ts';

export type Environment = { readonly [name: string]: string | undefined };

const placeholder = /\$\$|\$\{([^}]*)\}|\$\{/g;

/** Whether the text would change by interpolation. */
export function hasPlaceholder(text: string): boolean {
  return text.includes('$$') || text.includes('${');
}

/**
 * Replaces `${env.NAME}` by the variable and `$$` by `$`; a `$` that stands alone is itself. Replacements are not read
 * again. What cannot be replaced is told to `report`, and the result is then undefined. Without `env` the text is
 * checked only: variables may be missing.
 */
export function interpolate(
  text: string,
  span: Span,
  env: Environment | undefined,
  report: (problem: Problem) => void,
): string | undefined {
  let failed = env === undefined;
  const fail = (message: string, fix: string) => {
    failed = true;
    report({ span, message, fix });
    return '';
  };
  const result = text.replace(placeholder, (found: string, inside: string | undefined) => {
    if (found === '$$') return '$';
    if (inside === undefined)
      return fail('"${" has no "}"', 'close it, or write "$${" for the characters themselves');
    const variable = /^env\.([A-Za-z_][A-Za-z0-9_]*)$/.exec(inside)?.[1];
    if (variable === undefined) {
      return fail(
        `"\${${inside}}" is not known`,
        'what is known is "${env.NAME}", an environment variable; "$$" is a "$"',
      );
    }
    if (env === undefined) return '';
    const value = Object.hasOwn(env, variable) ? env[variable] : undefined;
    if (value !== undefined) return value;
    const near = nearestName(variable, Object.keys(env));
    return fail(
      `the environment variable ${variable} is not set`,
      near === undefined ? `set it: ${variable}=… slight run` : `set it, or is ${near} meant?`,
    );
  });
  return failed ? undefined : result;
}
