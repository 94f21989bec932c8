import { stripVTControlCharacters, styleText } from 'node:util';
import { maskSecrets } from '../slightfile/mask.ts';

/** What happened, and what to do about it where that is known. */
interface Report {
  readonly message: string;
  readonly fix?: string | undefined;
}

/**
 * Errors that were written for people, by their names: what they say is enough. They are told by name so that an error
 * needs none of the packages that may throw it.
 */
const written = new Set([
  'SlightfileError',
  'CapabilityError',
  'ComponentError',
  'BuildFailure',
  'StartError',
  'SecretsError',
  'CommandError',
  'UsageError',
]);

/** What the system's error codes mean to someone who runs `slight`. */
const systemErrors: { readonly [code: string]: (error: NodeJS.ErrnoException) => Report } = {
  EADDRINUSE: (error) => ({
    message: `${addressOf(error)} is in use by another program`,
    fix: 'end that program, or choose another address: --address 127.0.0.1:0 picks a free port',
  }),
  EADDRNOTAVAIL: (error) => ({
    message: `${addressOf(error)} is no address of this machine`,
    fix: 'listen on 127.0.0.1, or on 0.0.0.0 for all addresses',
  }),
  EACCES: (error) =>
    error.syscall === 'listen'
      ? { message: `${addressOf(error)} may not be used by this user`, fix: 'choose a port above 1023' }
      : { message: `${pathOf(error)} may not be used by this user`, fix: 'check its permissions' },
  EPERM: (error) => ({ message: `${pathOf(error)} may not be changed`, fix: 'check its permissions' }),
  ENOENT: (error) => ({ message: `there is no ${pathOf(error)}`, fix: 'check the path' }),
  EISDIR: (error) => ({ message: `${pathOf(error)} is a folder`, fix: 'name a file' }),
  ENOTDIR: (error) => ({ message: `${pathOf(error)} leads through a file`, fix: 'check the path' }),
  EROFS: (error) => ({ message: `${pathOf(error)} lies on a read-only disk`, fix: 'choose another folder' }),
  ENOSPC: (error) => ({ message: `the disk is full: ${pathOf(error)}`, fix: 'make room on it' }),
  EMFILE: () => ({ message: 'too many files are open', fix: 'raise the limit: ulimit -n 65536' }),
  ENOTFOUND: (error) => ({
    message: `the host name ${(error as { hostname?: string }).hostname ?? ''} is not known`,
    fix: 'check the name and the network',
  }),
  ECONNREFUSED: (error) => ({ message: `nothing answers at ${addressOf(error)}`, fix: 'start that server' }),
};

function addressOf(error: NodeJS.ErrnoException): string {
  const { address, port } = error as { address?: string; port?: number };
  if (address === undefined) return 'the address';
  if (port === undefined || port < 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function pathOf(error: NodeJS.ErrnoException): string {
  return error.path ?? 'file or folder';
}

/** The exit code for an error: 2 where the command was wrong, 1 for everything else. */
export function exitCodeOf(error: unknown): number {
  return error instanceof Error && error.name === 'UsageError' ? 2 : 1;
}

/**
 * Tells people of an error, on stderr: what, where, how to fix it; credentials hidden. A stack trace is shown only with
 * SLIGHT_DEBUG=1. Gives the exit code.
 */
export function reportError(error: unknown, stream: NodeJS.WritableStream = process.stderr): number {
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    styleText(format, text, { stream, validateStream: true });
  for (const { message, fix } of describeError(error)) {
    const [first, ...rest] = maskSecrets(stripVTControlCharacters(message)).split('\n');
    const lines = rest.map((line) => line.replace(/^ {2}fix: /, `  ${style('green', 'fix:')} `));
    if (fix !== undefined) lines.push(`  ${style('green', 'fix:')} ${maskSecrets(fix)}`);
    stream.write(`${[`${style('red', 'slight:')} ${first}`, ...lines].join('\n')}\n`);
  }
  if (process.env.SLIGHT_DEBUG === '1') stream.write(`${maskSecrets(inspectError(error))}\n`);
  return exitCodeOf(error);
}

/** The same as text, for logs. */
export function describeFailure(error: unknown): string {
  return describeError(error)
    .map(({ message, fix }) => maskSecrets(fix === undefined ? message : `${message}\n  fix: ${fix}`))
    .join('\n');
}

function describeError(error: unknown): Report[] {
  if (!(error instanceof Error)) return [describeDefect(String(error))];
  if (written.has(error.name)) return [{ message: error.message, fix: findFix(error) }];
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.flatMap(describeError);
  const { code } = error as NodeJS.ErrnoException;
  const describe = code !== undefined && Object.hasOwn(systemErrors, code) ? systemErrors[code] : undefined;
  return [describe === undefined ? describeDefect(error.message) : describe(error)];
}

/** What is not part of the message already. */
function findFix({ name, fix }: Error & { readonly fix?: string | undefined }): string | undefined {
  return name === 'CapabilityError' ? fix : undefined;
}

function describeDefect(message: string): Report {
  return {
    message: `unexpected: ${message}`,
    fix: 'this is a defect of slight, please report it with what SLIGHT_DEBUG=1 slight … prints',
  };
}

function inspectError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${inspectError(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
