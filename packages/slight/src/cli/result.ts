/**
 * Writes what a command made to stdout, a line for programs to read. On a terminal it does not: a person has read it on stderr.
 */
export function printResult(text: string): void {
  if (process.stdout.isTTY !== true) process.stdout.write(`${text}\n`);
}
