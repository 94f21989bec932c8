import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { dataFolder, withoutSlightfile } from '../host/bind.ts';
import type { BindingRow } from '../host/bind.ts';
import { useData } from '../host/data-lock.ts';
import { openLog, readLogSettings } from '../host/log.ts';
import { StartError } from '../host/start-error.ts';
import { supervise } from '../host/supervisor.ts';
import { openSecrets } from '../secrets/store.ts';
import { parseAddress } from '../slightfile/address.ts';
import type { LogFormat, LogLevel, Slightfile } from '../slightfile/model.ts';
import { readSlightfile } from '../slightfile/read.ts';
import { printDuration } from '../slightfile/units.ts';
import { describeFailure, exitCodeOf } from './report.ts';
import { UsageError } from './usage.ts';

export interface RunOptions {
  /** The component, instead of the one that the slightfile names. */
  readonly app?: string;
  /** The slightfile. Default: `slightfile.toml` in the working folder, where there is one. */
  readonly config?: string;
  readonly target?: string;
  /** `HOST:PORT`. */
  readonly address?: string;
  /** `HOST:PORT` of `/healthz`. */
  readonly health?: string;
  /** Processes that run the app. */
  readonly workers?: number;
  /** What stood after `--`: arguments of an app that is run as a program. */
  readonly args?: readonly string[] | undefined;
  /** Replace them when the component's file changes. */
  readonly watchApp?: boolean;
  readonly logFormat?: LogFormat;
  readonly logLevel?: LogLevel;
}

/** The slightfile where none is named. */
export const usualFile = 'slightfile.toml';

/**
 * `slight run`. Serves an app until it is asked to stop, or runs it as a program. What it says goes to stderr; where stdout is no terminal, the
 * URL goes there, alone on a line. Gives the exit code, that of a program its own.
 * @throws {UsageError} where there is nothing to run
 * @throws whatever keeps the app from starting
 */
export async function run(options: RunOptions): Promise<number> {
  let settings = logSettings(options);
  try {
    const file = await readFile(options);
    settings = file.log;
    return await serve(file, options);
  } catch (error) {
    if (settings.format !== 'json' || error instanceof UsageError) throw error;
    const log = openLog(settings);
    log.host('critical', describeFailure(error));
    log.flush();
    return exitCodeOf(error);
  }
}

async function serve(file: Slightfile, options: RunOptions): Promise<number> {
  const log = openLog(file.log);
  return await supervise({
    file,
    read: () => readFile(options),
    watch: options.watchApp === true,
    args: options.args,
    log,
    onCommand(rows) {
      useData(dataFolder(file), { make: file.path === undefined && rows.length > 0 });
    },
    onReady(_file, { url, rows }, health) {
      // Only now is it known that an app without a slightfile stores something.
      useData(dataFolder(file), { make: file.path === undefined && rows.length > 0 });
      const lines = describeStart(file, url, health, rows);
      if (file.log.format === 'json') for (const line of lines) log.host('info', line.trim());
      log.flush();
      if (file.log.format !== 'json') process.stderr.write(`${lines.join('\n')}\n`);
      // Whoever wanted to know may have gone.
      process.stdout.on('error', () => undefined);
      if (!process.stdout.isTTY && url !== undefined) process.stdout.write(`${url}\n`);
    },
  });
}

async function readFile(options: RunOptions): Promise<Slightfile> {
  const file = withOptions(await readApp(options), options);
  useData(dataFolder(file));
  if (file.telemetry.metrics && file.http.health === undefined) {
    throw new StartError(
      `${file.path}: metrics are answered on the health address, and there is none\n` +
        '  fix: add health = "127.0.0.1:3001" below [http], or start with --health 127.0.0.1:3001',
    );
  }
  return file;
}

/** What the command line says of the log, and where it says nothing, the environment. */
function logSettings({ logFormat, logLevel }: RunOptions): Slightfile['log'] {
  const { format, level } = readLogSettings(process.env);
  return { format: logFormat ?? format, level: logLevel ?? level };
}

async function readApp({ app, config, target }: RunOptions): Promise<Slightfile> {
  const path = config ?? (existsSync(usualFile) ? usualFile : undefined);
  if (path !== undefined) {
    return await readSlightfile(path, {
      target,
      env: process.env,
      appOverride: app,
      secrets: openSecrets,
    });
  }
  if (app === undefined) {
    throw new UsageError(
      `there is nothing to run: no app was named, and there is no ${usualFile} here\n` +
        '  fix: name a component (slight run app.wasm) or a slightfile (slight run -c FILE)',
    );
  }
  if (target !== undefined) {
    throw new UsageError(
      `--target ${target} chooses a part of a slightfile, and there is no ${usualFile} here\n` +
        '  fix: name the slightfile with -c FILE',
    );
  }
  return withoutSlightfile(resolve(app));
}

function withOptions(file: Slightfile, options: RunOptions): Slightfile {
  const { address, health, workers } = options;
  const { format, level } = logSettings(options);
  return {
    ...file,
    http: {
      ...file.http,
      ...(address !== undefined && readAddress('--address', address)),
      ...(health !== undefined && { health: readAddress('--health', health) }),
    },
    limits: { ...file.limits, ...(workers !== undefined && { workers }) },
    log: { format: format ?? file.log.format, level: level ?? file.log.level },
  };
}

function readAddress(option: string, text: string): { host: string; port: number } {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  throw new UsageError(
    `${option} ${text} is no address\n  fix: write a host, a colon and a port: 127.0.0.1:3000`,
  );
}

function describeStart(
  file: Slightfile,
  url: string | undefined,
  health: string | undefined,
  rows: readonly BindingRow[],
): string[] {
  const from = file.path ?? `no ${usualFile}: storage is embedded, nothing else is granted`;
  const width = (key: 'capability' | 'name') => Math.max(0, ...rows.map((row) => row[key].length));
  const [first, second] = [width('capability'), width('name')];
  return [
    `${file.app.component} (${from}${file.target === undefined ? '' : `, target ${file.target}`})`,
    ...rows.map((row) => `  ${row.capability.padEnd(first)}  ${row.name.padEnd(second)}  ${row.where}`),
    ...rows.flatMap(({ unused }) => (unused === undefined ? [] : [`hint: ${unused}`])),
    ...(health === undefined ? [] : [`health on ${health}`]),
    ...describeTriggers(file),
    url === undefined ? 'running' : `listening on ${url}`,
  ];
}

function describeTriggers({ schedule, watch, subscription }: Slightfile): string[] {
  return [
    ...schedule.map(({ name, cron, every, zone }) =>
      every === undefined
        ? `schedule ${name}: ${cron} (${zone})`
        : `schedule ${name}: every ${printDuration(every)}`,
    ),
    ...watch.map(({ name, store, prefix, key }) => `watch ${name}: ${store} ${key ?? `${prefix}*`}`),
    ...subscription.map(
      ({ name, messaging, topics }) => `subscription ${name}: ${[messaging, ...topics].join(' ')}`,
    ),
  ];
}
