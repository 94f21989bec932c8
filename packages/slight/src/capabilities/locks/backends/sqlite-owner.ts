import { readlinkSync } from 'node:fs';

/** This process, as others on the machine can look for it; undefined where that cannot be said. */
export function nameOwner(): string | undefined {
  const space = findSpace();
  return space === undefined ? undefined : `${process.pid} ${space}`;
}

/** Whether a process certainly ended. One of another container is never known to have. */
export function isGone(owner: string | null): boolean {
  const [, pid = '', space] = /^(\d+) (.*)$/.exec(owner ?? '') ?? [];
  if (space === undefined || space !== findSpace()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Within it, a number stands for one process. */
function findSpace(): string | undefined {
  if (process.platform !== 'linux') return process.platform;
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}
