import type { BindSecrets } from '../../slightfile/model.ts';
import { CapabilityError } from './error.ts';
import type { Secret } from './secret.ts';

const hidden = '***';

/**
 * Hides what was put into a bind in the errors of its backend: a client library may repeat a host, a user or a whole
 * address. What is looked for is known to the letter, as it is and as it stands in a URL or in quotation marks; nothing is guessed. Such an
 * error loses its cause.
 */
export function hider(secrets: Secret<BindSecrets> | undefined): (error: unknown) => unknown {
  const values = secrets?.reveal().values ?? [];
  // The longest first: one may be a part of another.
  const forms = [...new Set(values.flatMap(formsOf))]
    .filter((form) => form !== '')
    .toSorted((one, other) => other.length - one.length);
  if (forms.length === 0) return (error) => error;
  const hide = (text: string) => forms.reduce((text, form) => text.replaceAll(form, hidden), text);
  return (error) => {
    if (error instanceof CapabilityError) {
      const { code, retryable, outcome, detail } = error;
      const fix = error.fix === undefined ? undefined : hide(error.fix);
      return new CapabilityError(code, hide(error.message), { retryable, outcome, detail, fix });
    }
    return new Error(hide(error instanceof Error ? error.message : String(error)));
  };
}

function formsOf(value: string): string[] {
  const quoted = JSON.stringify(value).slice(1, -1);
  const forms = [value, encodeURIComponent(value), value.toLowerCase(), quoted];
  try {
    forms.push(decodeURIComponent(value));
  } catch {
    // It is no part of a URL.
  }
  return forms;
}
