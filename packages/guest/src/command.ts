/**
 * What the build puts between the command of an app and the interface that it exports for it.
 * @module
 */
import { write } from '#cloud/stdio';
import type { Output } from 'spiderlightning:cloud/stdio@0.6.0';
import { isClass } from './function-handler.ts';
import type { CommandHandler } from './handlers.ts';
import { flushLog, printLines } from './log.ts';
import { beginServing, endServing } from './phase.ts';
import { inspect } from './platform/inspect.ts';
import { TextEncoder } from './platform/text.ts';

/** The interface as a guest exports it. */
export interface Command {
  run(args: string[]): Promise<number>;
}

/**
 * Makes the exported interface of `command`, or of an object that has the interface already. While it runs, `console`
 * prints: `log`, `info` and `debug` to stdout, the others to stderr.
 * @throws {TypeError} while the app is built, for what is neither
 */
export function toCommandHandler(own: unknown): Command {
  const raw = typeof own === 'object' ? (own as Partial<Command> | null)?.run : undefined;
  if ((typeof own !== 'function' || isClass(own)) && typeof raw !== 'function')
    throw new TypeError(
      "the app's export command is no function; write `export async function command(args) { … }`",
    );
  return {
    async run(args) {
      beginServing();
      flushLog();
      if (raw === undefined)
        printLines((level, line) => print(level === 'info' || level === 'debug' ? 'stdout' : 'stderr', line));
      try {
        if (raw !== undefined) return await raw.call(own, args);
        return toCode(await (own as CommandHandler)(args));
      } catch (error) {
        // The error of a result: the host prints it, with the author's lines in its stack.
        throw raw === undefined ? inspect(error).toWellFormed() : error;
      } finally {
        endServing();
      }
    },
  };
}

function toCode(code: number | void): number {
  if (code === undefined) return 0;
  if (Number.isInteger(code) && code >= 0 && code <= 255) return code;
  throw new RangeError(`a command gives an exit code from 0 to 255, not ${String(code)}`);
}

function print(to: Output, line: string): void {
  write(to, new TextEncoder().encode(`${line}\n`));
}
