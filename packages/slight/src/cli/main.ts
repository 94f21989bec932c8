import { reportError } from './report.ts';

/**
 * Runs one command line, without the names of Node and the script. Gives the exit code: 0 done, 1 failed, 2 wrong use.
 * `run` has its first worker start before anything else is loaded: what that takes passes while this process gets ready.
 */
export async function main(argv: readonly string[]): Promise<number> {
  process.on('uncaughtException', (error) => process.exit(reportError(error)));
  const early = argv[0] === 'run' ? await (await import('./early.ts')).startEarly(argv.slice(1)) : undefined;
  try {
    const { runCommandLine } = await import('./commands.ts');
    return await runCommandLine(argv, early);
  } finally {
    early?.drop();
  }
}
