import { shortenGuestLine } from './log-guest.ts';
import { maskSecrets } from '../../slightfile/mask.ts';
import type { AccessLine, EventLine, GuestLine, Level, RequestPlace } from './log.ts';

/** One object a line, for programs. What a guest says is a value in it and can break out of neither object nor line. */
export function printHostLine(time: string, level: Level, message: string, about: RequestPlace): string {
  return print({ time, level, source: 'host', message: maskSecrets(message), ...place(about) });
}

export function printGuestLine(time: string, level: Level, message: string, line: GuestLine): string {
  const { message: said, context, fields } = shortenGuestLine(message, line);
  return print({
    time,
    level,
    source: 'app',
    message: said,
    ...place(line),
    ...(context && { context }),
    ...(fields.length > 0 && { fields: Object.fromEntries(fields) }),
  });
}

export function printAccessLine(time: string, line: AccessLine): string {
  const { method, path, status, ms } = line;
  return print({
    time,
    level: 'info',
    source: 'http',
    message: `${method} ${path} ${status}`,
    ...place(line),
    method,
    path,
    status,
    duration_ms: Math.round(ms * 1_000) / 1_000,
  });
}

export function printEventLine(time: string, line: EventLine): string {
  const { trigger, name, outcome, note, messages, ms } = line;
  return print({
    time,
    level: 'info',
    source: trigger,
    message: `${trigger} ${name} ${outcome}${note === undefined ? '' : ` (${note})`}`,
    ...place(line),
    name,
    outcome,
    ...(messages && { messages }),
    duration_ms: Math.round(ms * 1_000) / 1_000,
  });
}

function place({ id, trace }: RequestPlace) {
  return {
    ...(id !== undefined && { request_id: id }),
    ...(trace !== undefined && { trace_id: trace.traceId, span_id: trace.spanId }),
  };
}

function print(entry: object): string {
  // Separators of lines elsewhere than in JSON.
  return `${JSON.stringify(entry).replace(/[\u2028\u2029\u0085]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}
