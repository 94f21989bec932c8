import type { Level } from 'spiderlightning:cloud/logging@0.6.0';
import { requireHost } from '../host.ts';

/** `spiderlightning:cloud/logging` in plain Node: lines go to the app that is under test. */
export function log(
  level: Level,
  context: string,
  message: string,
  fields: readonly (readonly [string, string])[],
): void {
  requireHost('a line was logged').lines.push({
    level,
    message,
    context,
    fields: Object.fromEntries(fields),
  });
}
