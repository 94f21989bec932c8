import { readFileSync } from 'node:fs';
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { EarlyWorker } from '../host/supervisor/early-worker.ts';
import { logFormats, logLevels } from '../slightfile/model.ts';
import type { LogFormat, LogLevel } from '../slightfile/model.ts';
import type { CleanOptions } from './clean.ts';
import type { MessagesOptions, MessagesVerb } from './messages.ts';
import type { SecretOptions } from './secret.ts';
import { mostWorkers } from '../slightfile/model.ts';
import { reportError } from './report.ts';
import { readAddress } from './usage.ts';

/**
 * Runs one command line, without the names of Node and the script. Gives the exit code: 0 done, 1 failed, 2 wrong use.
 * Each command's code is loaded only when it runs.
 * @param early - the first worker of `run`, started on a guess
 */
export async function runCommandLine(argv: readonly string[], early?: EarlyWorker): Promise<number> {
  let code = 0;
  // What stands behind is for the app, whatever it is.
  const end = argv[0] === 'run' ? argv.indexOf('--') : -1;
  const args = end < 0 ? undefined : argv.slice(end + 1);
  const program = describeProgram((exitCode) => void (code = exitCode), args, early);
  try {
    await program.parseAsync(end < 0 ? argv : argv.slice(0, end), { from: 'user' });
  } catch (error) {
    // Commander has told people of its errors itself.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return reportError(error);
  }
  return code;
}

/** All commands with their options; `finish` hears the exit code of the one that runs. */
export function describeProgram(
  finish: (exitCode: number) => void,
  args: readonly string[] | undefined,
  early: EarlyWorker | undefined,
): Command {
  const program = new Command('slight')
    .description('Run a WebAssembly app with the capabilities that its slightfile names.')
    .version(readVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride();
  program
    .command('run')
    .description('Serve an app until Ctrl-C, or run a command: its arguments stand after --.')
    .argument('[app]', 'the component, instead of the one that the slightfile names')
    .option('-c, --config <file>', 'the slightfile (default: slightfile.toml, where there is one)')
    .option('--target <name>', 'lay [target.NAME] of the slightfile over it')
    .addOption(
      addressOption(
        '--address <host:port>',
        'listen there (default: 127.0.0.1:3000); port 0 picks a free one',
      ),
    )
    .addOption(addressOption('--health <host:port>', 'answer /healthz, /readyz and /metrics there'))
    .addOption(
      new Option('--workers <count>', 'run the app in so many processes (default: 1)').argParser(readCount),
    )
    .option('--watch-app', 'replace the workers when the component changes')
    .addOption(new Option('--log-format <format>', 'how log lines are written').choices(logFormats))
    .addOption(new Option('--log-level <level>', 'the least level that is shown').choices(logLevels))
    .action(async (app: string | undefined, options: RunFlags) => {
      const { run } = await import('./run.ts');
      finish(await run({ ...options, args, ...(app === undefined ? {} : { app }) }, early));
    });
  program
    .command('backends')
    .description('List what a line of a slightfile may name: backends, their settings and features.')
    .option('--json', 'print them as one array of JSON')
    .action(async (options: { json?: boolean }) => {
      const { backends } = await import('./backends.ts');
      finish(await backends(options));
    });
  program
    .command('build')
    .description('Make a component of a TypeScript app.')
    .argument('[entry]', 'the file that exports the app (default: src/app.ts)')
    .option('-o, --output <file>', 'where the component goes (default: dist/, named like the entry)')
    .option('--no-check', 'do not check types')
    .action(async (entry: string | undefined, options: { output?: string; check: boolean }) => {
      const { build } = await import('./build.ts');
      finish(await build({ entry, ...options }));
    });
  program
    .command('clean')
    .description('Remove what an app stored on this machine.')
    .option('-c, --config <file>', 'the slightfile beside which it lies (default: the working folder)')
    .option('--cache', 'remove what is kept to start faster instead, and no data')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'say what was removed as JSON, on stdout')
    .action(async (options: CleanOptions) => {
      const { clean } = await import('./clean.ts');
      finish(await clean(options));
    });
  program
    .command('dev')
    .description('Build and run a TypeScript app, again after each change of its sources or slightfile.')
    .argument('[entry]', 'the file that exports the app (default: src/app.ts)')
    .option('-c, --config <file>', 'the slightfile (default: slightfile.toml, where there is one)')
    .option('--target <name>', 'lay [target.NAME] of the slightfile over it')
    .addOption(addressOption('--address <host:port>', 'listen there (default: 127.0.0.1:3000)'))
    .option('--no-check', 'do not check types')
    .action(async (entry: string | undefined, options: RunFlags & { check: boolean }) => {
      const { develop } = await import('./dev.ts');
      finish(await develop({ entry, ...options }));
    });
  program
    .command('new')
    .description('Make a project from a template, in a new folder.')
    .usage('<template> -n <name>')
    .argument('<template>', 'ts: a TypeScript app; worker: one that works in the background')
    .requiredOption('-n, --name <name>', 'the name of the project and of its folder')
    .action(async (template: string, options: { name: string }) => {
      const { createProject } = await import('./new.ts');
      finish(createProject(template, options.name));
    });
  program
    .command('messages')
    .description('Look at the messages of an app, and at what its groups gave up.')
    .addArgument(
      new Argument('<verb>', 'count what groups have; peek at dead letters; redrive or purge them').choices([
        'count',
        'peek',
        'redrive',
        'purge',
      ]),
    )
    .argument('<name>', 'the name below [messaging]')
    .argument('[group]', 'the group (count: all without it)')
    .argument('[ids...]', 'the messages that are sent again or thrown away')
    .option('--all', 'all of them')
    .option('--json', 'print JSON, an object a line, with bodies in base64')
    .option('-c, --config <file>', 'the slightfile (default: slightfile.toml)')
    .option('--target <name>', 'lay [target.NAME] of the slightfile over it')
    .action(
      async (
        verb: MessagesVerb,
        name: string,
        group: string | undefined,
        ids: string[],
        options: MessagesOptions,
      ) => {
        const { messages } = await import('./messages.ts');
        finish(await messages(verb, [name, group, ...ids], options));
      },
    );
  program
    .command('secret')
    .description('Keep a secret for the slightfile and the app: encrypted, its key elsewhere.')
    .option('-k, --key <name>', 'the name of the secret')
    .option('-v, --value <value>', 'its value; better typed, or sent to stdin: others see a command line')
    .option('--remove', 'remove it')
    .option('--list', 'print the names of all')
    .option('--json', 'print them as JSON')
    .option('--rotate', 'encrypt all anew, with a new key')
    .option(
      '--to <place>',
      'where that key is, as [secrets] key says it (default: a new one in place of the old)',
    )
    .option('-c, --config <file>', 'the slightfile (default: slightfile.toml)')
    .option('--target <name>', 'lay [target.NAME] of the slightfile over it')
    .action(async (options: SecretOptions) => {
      const { secret } = await import('./secret.ts');
      finish(await secret(options));
    });
  for (const command of [program, ...program.commands])
    command.configureOutput({ outputError: (text, write) => write(describeMisuse(text, command, program)) });
  return program;
}

/** What is wrong, and on a line of its own what to do: as the parser suggests, or how the command is used. */
function describeMisuse(text: string, command: Command, program: Command): string {
  const name = command.name();
  const usage =
    command === program
      ? 'slight help lists the commands'
      : `slight ${name} ${command.usage()}; slight help ${name} says more`;
  const {
    what = text,
    hint,
    range,
  } = /^error: (?<what>.*?)(?:\n\((?<hint>.*)\)|(?<= is invalid)\. (?<range>.*))?\n$/s.exec(text)?.groups ??
  {};
  return `slight: ${what}\n  fix: ${hint ?? range ?? usage}\n`;
}

interface RunFlags {
  config?: string;
  target?: string;
  address?: string;
  health?: string;
  logFormat?: LogFormat;
  logLevel?: LogLevel;
  workers?: number;
  watchApp?: boolean;
}

function readCount(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= mostWorkers) return count;
  throw new InvalidArgumentError(`Write a whole number from 1 to ${mostWorkers}.`);
}

function addressOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => {
    readAddress(flags.slice(0, flags.indexOf(' ')), text);
    return text;
  });
}

function readVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
