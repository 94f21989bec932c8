import type { Output } from 'spiderlightning:cloud/stdio@0.6.0';
import { requireHost } from '../host.ts';

/** `spiderlightning:cloud/stdio` in plain Node: what is printed becomes lines of the app that is under test. */
export function write(to: Output, bytes: Uint8Array): void {
  requireHost('something was printed').lines.push({
    level: to === 'stdout' ? 'info' : 'error',
    message: new TextDecoder().decode(bytes).trimEnd(),
    context: '',
    fields: {},
  });
}
