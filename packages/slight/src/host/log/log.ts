import { shortenGuestLine } from './log-guest.ts';
import { maskSecrets } from '../../slightfile/mask.ts';
import { logFormats, logLevels as levels } from '../../slightfile/model.ts';
import type { LogFormat, LogLevel as Level, Slightfile } from '../../slightfile/model.ts';
import { printAccessLine, printEventLine, printGuestLine, printHostLine } from './log-json.ts';

export type { Level };

/** The request that a line is about; none while a guest starts. */
export interface RequestPlace {
  readonly id?: string | undefined;
  /** Where requests are traced. */
  readonly trace?: { readonly traceId: string; readonly spanId: string } | undefined;
}

/** What a line of the guest belongs to. */
export interface GuestLine extends RequestPlace {
  /** Which part of the app speaks. */
  readonly context?: string;
  readonly fields?: readonly (readonly [string, string])[];
}

/** One answered (or given up) request. */
export interface AccessLine extends RequestPlace {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Milliseconds from the request's head to the end of the answer. */
  readonly ms: number;
  readonly id: string;
}

/** One call of the app that was no request. */
export interface EventLine extends RequestPlace {
  /** What kind of thing caused it, and its name in the slightfile. */
  readonly trigger: string;
  readonly name: string;
  /** `ok`, `nack` and `dead` where messages are not done, or why it failed. */
  readonly outcome: string;
  /** The outcome in more words. */
  readonly note?: string | undefined;
  /** How many of the messages that it was called with had which fate. */
  readonly messages?: object | undefined;
  readonly ms: number;
}

/** The one place where this process writes for people. Lines wait for the end of the turn and go out in one write. */
export interface Log {
  /** A line of the host itself. */
  host(level: Level, message: string, about?: RequestPlace): void;
  /** What the guest said; each of its lines is marked, and none can pass for another or command the terminal. */
  guest(level: Level, message: string, line?: GuestLine): void;
  access(line: AccessLine): void;
  event(line: EventLine): void;
  flush(): void;
}

export interface LogOptions {
  readonly write: (text: string) => void;
  /** A person watches: short times, and colours unless `NO_COLOR` forbids them. */
  readonly terminal: boolean;
  readonly colour?: boolean;
  /** Lines below it are dropped; those of requests are `info`. Default `info`. */
  readonly level?: Level;
  /** Default `human`. */
  readonly format?: LogFormat;
  readonly now?: () => Date;
}

const info = levels.indexOf('info');
/** Most lines of one message. */
const mostParts = 200;

const colours: { readonly [name: string]: number } = {
  trace: 90,
  debug: 90,
  info: 36,
  warn: 33,
  error: 31,
  critical: 31,
  http: 35,
  event: 35,
};

export function createLog(options: LogOptions): Log {
  const { write, terminal, colour = terminal, now = () => new Date() } = options;
  const least = levels.indexOf(options.level ?? 'info');
  let pending = '';

  function flush(): void {
    if (pending === '') return;
    const text = pending;
    pending = '';
    write(text);
  }

  function put(text: string, urgent: boolean): void {
    if (pending === '' && !urgent) setImmediate(flush);
    pending += text;
    // A process may be about to die of what it warns about: such lines must not wait.
    if (urgent) flush();
  }

  function add(label: string, text: string, urgent: boolean): void {
    const time = terminal ? now().toTimeString().slice(0, 8) : now().toISOString();
    const head = label.padEnd(5);
    put(
      `${colour ? paint(90, time) : time} ${colour ? paint(colours[label] ?? 0, head) : head} ${text}\n`,
      urgent,
    );
  }

  if (options.format === 'json') {
    const time = () => now().toISOString();
    return {
      host(level, message, about = {}) {
        const rank = levels.indexOf(level);
        if (rank >= least) put(printHostLine(time(), level, message, about), rank >= 3);
      },
      guest(level, message, line = {}) {
        const rank = levels.indexOf(level);
        if (rank >= least) put(printGuestLine(time(), level, message, line), rank >= 3);
      },
      access(line) {
        if (least <= info) put(printAccessLine(time(), line), false);
      },
      event(line) {
        if (least <= info) put(printEventLine(time(), line), false);
      },
      flush,
    };
  }

  return {
    host(level, message, { id } = {}) {
      const rank = levels.indexOf(level);
      if (rank < least) return;
      const text = maskSecrets(message);
      add(level, id === undefined ? text : `request ${id}: ${text}`, rank >= 3);
    },
    guest(level, message, line = {}) {
      const rank = levels.indexOf(level);
      if (rank < least) return;
      let mark = colour ? paint(32, 'app |') : 'app |';
      if (line.id !== undefined) mark += ` [${line.id}]`;
      const short = shortenGuestLine(message, line);
      if (short.context) mark += ` ${printable(short.context)}:`;
      let fields = '';
      for (const [name, value] of short.fields) {
        if (value !== line.id) fields += ` ${printable(name)}=${quoted(value)}`;
      }
      for (const part of short.message.split('\n').slice(0, mostParts)) {
        add(level, `${mark} ${printable(part)}${fields}`, rank >= 3);
        fields = '';
      }
    },
    access({ method, path, status, ms, id, trace }) {
      if (least > info) return;
      const code = colour ? paint(status < 400 ? 32 : status < 500 ? 33 : 31, String(status)) : status;
      add(
        'http',
        `${method} ${printable(path)} ${code} ${ms.toFixed(1)}ms ${id}${trace === undefined ? '' : ` trace=${trace.traceId}`}`,
        false,
      );
    },
    event({ trigger, name, outcome, note, ms, id, trace }) {
      if (least > info) return;
      const shown = colour ? paint(outcome === 'ok' ? 32 : 31, outcome) : outcome;
      const told = note === undefined ? shown : `${shown} (${note})`;
      const traced = trace === undefined ? '' : ` trace=${trace.traceId}`;
      add('event', `${trigger} ${printable(name)} ${told} ${ms.toFixed(1)}ms ${id}${traced}`, false);
    },
    flush,
  };
}

/** The log of this process, on stderr. */
export function openLog(
  { level, format }: Partial<Slightfile['log']> = {},
  environment: NodeJS.ProcessEnv = process.env,
): Log {
  const terminal = process.stderr.isTTY === true;
  // Nobody reads any more: that is no reason to stop serving.
  process.stderr.on('error', () => undefined);
  return createLog({
    write: (text) => void process.stderr.write(text),
    terminal,
    colour: terminal && !environment.NO_COLOR,
    level: level ?? 'info',
    format: format ?? 'human',
  });
}

/**
 * What the environment says of the log: `SLIGHT_LOG` names the least level that is shown, `SLIGHT_LOG_FORMAT` how lines
 * are written. Other words count as none.
 */
export function readLogSettings(environment: NodeJS.ProcessEnv): Slightfile['log'] {
  return {
    level: levels.find((level) => level === environment.SLIGHT_LOG),
    format: logFormats.find((format) => format === environment.SLIGHT_LOG_FORMAT),
  };
}

function paint(code: number, text: string): string {
  return `\u001b[${code}m${text}\u001b[0m`;
}

// C0 and C1 controls, line separators and the marks that turn the direction of text: what could forge a line.
const unprintable = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** The text with everything but tabs escaped that could forge a line or command a terminal. */
export function printable(text: string): string {
  return text.replace(unprintable, (char) => {
    if (char === '\t') return char;
    const code = char.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}

function quoted(value: string): string {
  return /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(printable(value));
}
