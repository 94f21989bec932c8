import { dataFolder } from '../host/folders.ts';
import type { BindingRow } from '../host/bind.ts';
import { useData } from '../host/data-lock.ts';
import type { EarlyWorker } from '../host/supervisor/early-worker.ts';
import { openLog } from '../host/log/log.ts';
import { StartError } from '../host/log/start-error.ts';
import { supervise } from '../host/supervisor/supervisor.ts';
import { openSecrets } from '../secrets/store.ts';
import type { Slightfile } from '../slightfile/model.ts';
import { printDuration } from '../slightfile/units.ts';
import { describeFailure, exitCodeOf } from './report.ts';
import { printResult } from './result.ts';
import { logSettings, readRunFile, usualFile } from './run-file.ts';
import type { RunOptions } from './run-file.ts';
import { UsageError } from './usage.ts';

/**
 * `slight run`. Serves an app until it is asked to stop, or runs it as a program. What it says goes to stderr; where stdout is no terminal, the
 * URL goes there, alone on a line. Gives the exit code, that of a program its own.
 * @param early - started for it on a guess
 * @throws {UsageError} where there is nothing to run
 * @throws whatever keeps the app from starting
 */
export async function run(options: RunOptions, early?: EarlyWorker): Promise<number> {
  let settings = logSettings(options);
  try {
    const file = await readFile(options);
    settings = file.log;
    return await serve(file, options, early);
  } catch (error) {
    if (settings.format !== 'json' || error instanceof UsageError) throw error;
    const log = openLog(settings);
    log.host('critical', describeFailure(error));
    log.flush();
    return exitCodeOf(error);
  }
}

async function serve(file: Slightfile, options: RunOptions, early: EarlyWorker | undefined): Promise<number> {
  const log = openLog(file.log);
  return await supervise({
    file,
    read: () => readFile(options),
    watch: options.watchApp === true,
    args: options.args,
    log,
    early,
    onCommand(rows) {
      useData(dataFolder(file), { make: file.path === undefined && rows.length > 0 });
    },
    onReady(_file, { url, rows, hints = [] }, health) {
      // Only now is it known that an app without a slightfile stores something.
      useData(dataFolder(file), { make: file.path === undefined && rows.length > 0 });
      const lines = describeStart(file, url, health, rows, hints);
      if (file.log.format === 'json') for (const line of lines) log.host('info', line.trim());
      log.flush();
      if (file.log.format !== 'json') process.stderr.write(`${lines.join('\n')}\n`);
      // Whoever wanted to know may have gone.
      process.stdout.on('error', () => undefined);
      if (url !== undefined) printResult(url);
    },
  });
}

async function readFile(options: RunOptions): Promise<Slightfile> {
  const file = await readRunFile(options, openSecrets);
  useData(dataFolder(file));
  if (file.telemetry.metrics && file.http.health === undefined) {
    throw new StartError(
      `${file.path}: metrics are answered on the health address, and there is none\n` +
        '  fix: add health = "127.0.0.1:3001" below [http], or start with --health 127.0.0.1:3001',
    );
  }
  return file;
}

function describeStart(
  file: Slightfile,
  url: string | undefined,
  health: string | undefined,
  rows: readonly BindingRow[],
  hints: readonly string[],
): string[] {
  const from = file.path ?? `no ${usualFile}: storage is embedded, nothing else is granted`;
  const width = (key: 'capability' | 'name') => Math.max(0, ...rows.map((row) => row[key].length));
  const [first, second] = [width('capability'), width('name')];
  return [
    `${file.app.component} (${from}${file.target === undefined ? '' : `, target ${file.target}`})`,
    ...rows.map((row) => `  ${row.capability.padEnd(first)}  ${row.name.padEnd(second)}  ${row.where}`),
    ...rows.flatMap(({ unused }) => (unused === undefined ? [] : [`hint: ${unused}`])),
    ...hints.map((hint) => `hint: ${hint}`),
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
