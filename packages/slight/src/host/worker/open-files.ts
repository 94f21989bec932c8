import { readFileSync } from 'node:fs';
import { mostConnections } from '../../triggers/http.ts';
import type { HeldBound } from '../../triggers/held/connections.ts';

/** File descriptors for all but the app's clients: databases, servers that backends ask, modules, pipes. */
const reserve = 200;
/** Part of the others that connections without a hold on them keep: requests are still answered where it is full. */
const ordinary = 0.1;

export interface ConnectionBounds {
  readonly held: HeldBound;
  /** Held and others together. */
  readonly all: number;
}

/**
 * How many connections a process takes: beyond what the system lets it open, connections would be cut without a word.
 * @param wanted - `limits.connections`
 * @param files - for tests
 */
export function boundConnections(wanted: number, files = readOpenFiles()): ConnectionBounds {
  const sockets = Math.max(10, files - reserve);
  const fitting = Math.floor(sockets * (1 - ordinary));
  const held =
    wanted <= fitting
      ? { count: wanted, because: 'limits.connections' }
      : { count: fitting, because: `the system's limit of ${files} open files for each process (ulimit -n)` };
  return { held, all: Math.min(mostConnections + wanted, sockets) };
}

/** Most files that this process may have open; Node raises its limit to what the system allows. */
export function readOpenFiles(): number {
  try {
    const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? Infinity : Number(limit);
  } catch {
    return Infinity;
  }
}
