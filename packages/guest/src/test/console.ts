import type { Level } from 'spiderlightning:cloud/logging@0.6.0';
import { formatLine } from '../platform/inspect.ts';
import { findHost } from './host.ts';

const levels = { debug: 'debug', error: 'error', info: 'info', log: 'info', warn: 'warn' } as const;

let captured = false;

/** From now on what apps under test write to the console goes to their logs; what others write goes on as before. */
export function captureConsole(): void {
  if (captured) return;
  captured = true;
  for (const [method, level] of Object.entries(levels) as [keyof typeof levels, Level][]) {
    const before = console[method];
    console[method] = (...args: unknown[]) => {
      const host = findHost();
      if (host === undefined) before.apply(console, args);
      else host.lines.push({ level, message: formatLine(args), context: '', fields: {} });
    };
  }
}
