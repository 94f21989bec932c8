import type { Secret } from './secret.ts';

/** Where something stands in a slightfile; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A value of a setting beside a bind. */
export type Setting = string | number | boolean | readonly string[];

/** One capability instance: where `name` lives. */
export interface Bind {
  readonly name: string;
  /**
   * A scheme (`sqlite`) or a URL (`redis://cache:6379`), interpolated; `***` stands for each secret. May hold credentials
   * that are written there: never print it as it is.
   */
  readonly bind: string;
  /** The other keys of an inline table, for the backend to check; `***` stands for each secret. */
  readonly config: { readonly [key: string]: Setting };
  /** Absent where the line has none. */
  readonly secrets?: Secret<BindSecrets>;
  /** Of its value. Absent where no slightfile says it (embedded defaults). */
  readonly position?: Position & { readonly width?: number };
}

/** What of a line is secret. */
export interface BindSecrets {
  /** The whole bind, where a secret was put into it. */
  readonly bind?: string | undefined;
  /** The whole settings, of those into which one was put. */
  readonly config?: { readonly [key: string]: string };
  /** What was put in. */
  readonly values: readonly string[];
  /** Secrets that the app itself gets, by name. */
  readonly granted?: ReadonlyMap<string, string>;
}

/** Where the secrets of an app are, and what opens them. */
export interface SecretsSettings {
  /** The folder of the slightfile. */
  readonly folder: string;
  /** Absolute path of the file of secrets. */
  readonly file: string;
  /** Where the key is, as it is written. Undefined: with the user. */
  readonly key: string | undefined;
}

/** Sizes in bytes, times in milliseconds. */
export interface Limits {
  readonly memory: number;
  readonly deadline: number;
  readonly cpu: number;
  readonly body: number;
  readonly instances: number;
  readonly queue: number;
  /** Connections that each worker holds. */
  readonly connections: number;
  /** Bytes of one message on such a connection, in either direction. */
  readonly message: number;
  /** Processes that run the app; each has its own instances and queue. */
  readonly workers: number;
}

/** How the app stands what its backends do to it; the same for each of them. */
export interface Resilience {
  /** Milliseconds for one operation, its repetitions included. Undefined: 5 seconds, or half of `limits.deadline`. */
  readonly deadline: number | undefined;
  /** Repetitions of an operation at most, where it may be repeated. */
  readonly retries: number;
  /** Operations in a row, over half a second at least, that find a backend away before it is left alone for a while; 0: it never is. */
  readonly breaker: number;
  /** Operations that may wait for one backend at once, in each worker. */
  readonly pending: number;
}

/** Tables of names that the app opens, each with the place where it lives. */
export const bindTables = ['blobs', 'configs', 'keyvalue', 'locks', 'messaging', 'sql'] as const;

export type BindTable = (typeof bindTables)[number];

/** By name, without prototype. */
export interface Binds {
  readonly [name: string]: Bind;
}

/** Undefined: the file has no such table (nothing is granted). */
export type BindTables = { readonly [Name in BindTable]: Binds | undefined };

/** Something that runs the app because the world changed: a table of `[[schedule]]`, `[[watch]]` or `[[subscription]]`. */
interface Trigger {
  /** Not given to another of its kind. */
  readonly name: string;
  readonly position: Position;
}

/** When the app is to do something. Times in milliseconds. */
export interface Schedule extends Trigger {
  /** Five fields; undefined where `every` says it. */
  readonly cron: string | undefined;
  readonly every: number | undefined;
  /** The time zone of `cron`. */
  readonly zone: string;
  /** A time that comes while the app is busy with the one before: left out, or done after it. */
  readonly overlap: 'skip' | 'queue';
  /** Times that nobody was there for: left out, or made up for by one. */
  readonly missed: 'skip' | 'once';
  /** A name of `[locks]`: of several hosts only the one that has the lock runs it. */
  readonly leader: string | undefined;
}

/** Changes of which keys the app is to hear. */
export interface Watch extends Trigger {
  /** A name of `[keyvalue]`. */
  readonly store: string;
  /** All keys that begin like this; the empty text is all of them. */
  readonly prefix: string;
  /** One key alone, in place of a prefix. */
  readonly key: string | undefined;
}

/** Which messages are brought to the app. */
export interface Subscription extends Trigger {
  /** A name of `[messaging]`. */
  readonly messaging: string;
  readonly topics: readonly string[];
  readonly group: string;
  /** Most calls of the app at once, in each worker. */
  readonly concurrency: number;
  /** Most messages of one call. */
  readonly batch: number;
}

export interface Triggers {
  readonly schedule: readonly Schedule[];
  readonly watch: readonly Watch[];
  readonly subscription: readonly Subscription[];
}

/** Servers that the app may ask. */
export type HostRule =
  /** Every server that has a public address. */
  | { readonly kind: 'any' }
  /** This one. `private`: also where its name leads to an address that is not public. */
  | { readonly kind: 'origin'; readonly origin: string; readonly private: boolean }
  /** All whose name ends with `suffix` (`.example.com`), of this scheme (`https:`) and port (empty: the usual). */
  | {
      readonly kind: 'subdomains';
      readonly scheme: string;
      readonly suffix: string;
      readonly port: string;
    };

/** What the app may ask over HTTP. Times in milliseconds. */
export interface Outgoing {
  readonly hosts: readonly HostRule[];
  /** Until the head of an answer must have come. */
  readonly timeout: number;
  /** In which some bytes of a body must move. */
  readonly idle: number;
  /** Most requests under way, of one instance. */
  readonly concurrent: number;
  /** Most connections to one origin, of one worker. */
  readonly connections: number;
}

export const defaultOutgoing: Outgoing = {
  hosts: [],
  timeout: 10_000,
  idle: 10_000,
  concurrent: 16,
  connections: 64,
};

export interface Slightfile extends BindTables, Triggers {
  /** Absolute path, or undefined for an app that runs without one. */
  readonly path: string | undefined;
  readonly target: string | undefined;
  readonly app: {
    /** Absolute path of the component. */
    readonly component: string;
    /** `ready`: every backend answers or the start fails. `degraded`: start all the same. */
    readonly start: 'ready' | 'degraded';
    /** `clean`: each request finds the app as it was built. `keep`: an instance goes on as the last one left it. */
    readonly reuse: 'clean' | 'keep';
  };
  /** For apps that are run as a program. */
  readonly command: {
    /** Whether it is started again after its end. */
    readonly restart: 'never' | 'on-failure' | 'always';
    /** Milliseconds; undefined: no bound. */
    readonly deadline: number | undefined;
    readonly cpu: number | undefined;
  };
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Address of `/healthz`, when asked for. */
    readonly health: { readonly host: string; readonly port: number } | undefined;
    /** Believe X-Forwarded-For, -Proto and -Host (a trusted proxy stands in front). */
    readonly forwarded: boolean;
    /** Origins whose pages may open websockets, besides the app's own; `*` is all. */
    readonly origins: readonly string[];
    /** A name of `[messaging]`, by which broadcasts reach the connections of other hosts. */
    readonly channels: string | undefined;
  };
  readonly limits: Limits;
  readonly resilience: Resilience;
  /** Undefined: an app without a slightfile has none. */
  readonly secrets: SecretsSettings | undefined;
  /** Undefined: the app asks nobody. */
  readonly outgoing: Outgoing | undefined;
  /** Undefined: as it is usual where the log goes. */
  readonly log: { readonly format: LogFormat | undefined; readonly level: LogLevel | undefined };
  readonly telemetry: {
    /** Address of an OpenTelemetry collector. May hold credentials. */
    readonly traces: string | undefined;
    readonly service: string | undefined;
    /** Ratio of the traces that are recorded, of those that begin here. */
    readonly sample: number | undefined;
    readonly metrics: boolean;
  };
}

/** From the least to the most important. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'critical'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Lines for people, or one JSON object a line for programs. */
export const logFormats = ['human', 'json'] as const;
export type LogFormat = (typeof logFormats)[number];

export const noTriggers: Triggers = { schedule: [], watch: [], subscription: [] };

/** Whether anything but requests runs the app. */
export function hasTriggers({ schedule, watch, subscription }: Triggers): boolean {
  return schedule.length + watch.length + subscription.length > 0;
}

/** How a command ends: by itself, without a bound of time. */
export const freeCommand: Slightfile['command'] = {
  restart: 'never',
  deadline: undefined,
  cpu: undefined,
};

export const noTelemetry: Slightfile['telemetry'] = {
  traces: undefined,
  service: undefined,
  sample: undefined,
  metrics: false,
};

/** More than any machine has use for: a worker keeps one processor busy. */
export const mostWorkers = 1_024;

export const defaultLimits: Limits = {
  memory: 256 * 1024 * 1024,
  deadline: 30_000,
  cpu: 5_000,
  body: 10 * 1024 * 1024,
  instances: 32,
  queue: 128,
  connections: 10_000,
  message: 1024 * 1024,
  workers: 1,
};

export const defaultResilience: Resilience = {
  deadline: undefined,
  retries: 3,
  breaker: 20,
  pending: 1_000,
};

/** The bind tables of a file, made one by one. */
export function makeBindTables(make: (table: BindTable) => Binds | undefined): BindTables {
  return Object.fromEntries(bindTables.map((table) => [table, make(table)])) as BindTables;
}

/** Every bind of a file, with its table. */
export function listBinds(file: Slightfile): (Bind & { readonly table: BindTable })[] {
  return bindTables.flatMap((table) => Object.values(file[table] ?? {}).map((bind) => ({ ...bind, table })));
}
