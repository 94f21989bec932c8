import type { TestLine } from './host.ts';

/** Lines that are printed at most: those of many tests may be the same. */
const most = 20;

const logs = new Set<readonly TestLine[]>();

/**
 * Has the errors of this log be printed when the process ends as failed. An answer of 500 says no reason, so of a test that
 * fails by it nobody would see one; of tests that expect it, nobody wants to.
 */
export function tellIfFailed(log: readonly TestLine[]): void {
  // The listener is the last one then: the test runner's own sets the exit code.
  if (logs.size === 0) process.once('beforeExit', () => process.once('exit', tell));
  logs.add(log);
}

function tell(): void {
  if ((process.exitCode ?? 0) === 0) return;
  const errors = new Set([...logs].flat().filter(isError).map(print));
  if (errors.size === 0) return;
  const rest = errors.size > most ? `(${errors.size - most} more are left out)\n` : '';
  process.stderr.write(`logged by apps under test:\n${[...errors].slice(0, most).join('')}${rest}`);
}

function isError({ level }: TestLine): boolean {
  return level === 'error' || level === 'critical';
}

function print({ message }: TestLine): string {
  return `${message.replace(/^/gm, '  ')}\n`;
}
