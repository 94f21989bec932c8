import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { withoutSlightfile } from '../slightfile/absent.ts';
import { readLogSettings } from '../host/log/log.ts';
import type { LogFormat, LogLevel, Slightfile } from '../slightfile/model.ts';
import type { ParseOptions } from '../slightfile/parse.ts';
import { readSlightfile } from '../slightfile/read.ts';
import { UsageError, readAddress } from './usage.ts';

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
 * The slightfile that is to be run, with what the command line says in its place.
 * @param secrets - opens what it reads of them
 * @throws {UsageError} where there is nothing to run
 * @throws {SlightfileError}
 */
export async function readRunFile(
  options: RunOptions,
  secrets?: ParseOptions['secrets'],
): Promise<Slightfile> {
  return withOptions(await readApp(options, secrets), options);
}

/** What the command line says of the log, and where it says nothing, the environment. */
export function logSettings({ logFormat, logLevel }: RunOptions): Slightfile['log'] {
  const { format, level } = readLogSettings(process.env);
  return { format: logFormat ?? format, level: logLevel ?? level };
}

async function readApp(
  { app, config, target }: RunOptions,
  secrets: ParseOptions['secrets'],
): Promise<Slightfile> {
  const path = config ?? (existsSync(usualFile) ? usualFile : undefined);
  if (path !== undefined) {
    return await readSlightfile(path, {
      target,
      env: process.env,
      appOverride: app,
      secrets,
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
