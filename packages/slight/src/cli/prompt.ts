import { UsageError } from './usage.ts';

/**
 * Asks on the terminal for a line that is not shown while it is typed.
 * @throws {UsageError} where it is broken off
 */
export async function readAnswer(question: string): Promise<string> {
  const { stdin, stderr } = process;
  // Before the question: whoever types at once is not to see it either.
  stdin.setRawMode(true).setEncoding('utf8').resume();
  stderr.write(question);
  try {
    return await new Promise((resolve, reject) => {
      let line = '';
      stdin.on('data', (typed: string) => {
        for (const character of typed) {
          if (character === '\r' || character === '\n') return resolve(line);
          if (character === '\u0003' || (character === '\u0004' && line === ''))
            return reject(new UsageError('nothing was set\n  fix: type the value, and Enter'));
          if (character === '\u007f' || character === '\b') line = [...line].slice(0, -1).join('');
          // Ctrl-U begins anew, as at other prompts for passwords.
          else if (character === '\u0015') line = '';
          else line += character;
        }
      });
    });
  } finally {
    stdin.removeAllListeners('data').setRawMode(false).pause();
    stderr.write('\n');
  }
}
