import { setTimeout as sleep } from 'node:timers/promises';
import { CapabilityError } from '../../core/error.ts';
import type { Grant, Locks } from '../contract.ts';
import { notHeld } from '../validate.ts';

interface Row {
  token: bigint;
  expires: number;
}

/** The locks of one place, as a server would have them. */
export interface Server {
  readonly rows: Map<string, Row>;
  /** Who waits for each, in order. */
  readonly lines: Map<string, object[]>;
  last: bigint;
}

/** A healthy backend, with its data at hand for a defect. */
export interface Parts extends Locks {
  readonly server: Server;
  /** Takes it where it is free and nobody is before `me` in the line. */
  attempt(name: string, ttl: number, me?: object): Grant | undefined;
  /** The row that this token holds now. */
  find(name: string, token: bigint): Row;
}

export interface Defect {
  readonly breaks: readonly string[];
  /** What is opened in place of this name. */
  rename?(name: string): string;
  /** Breaks the backend, below the portable layer. */
  backend?(parts: Parts): Partial<Locks>;
  /** Breaks what the guest sees, above the portable layer. */
  guest?(locks: Locks, parts: Parts): Partial<Locks>;
  /** What a server that is killed loses. */
  crash?(server: Server): void;
}

export type Defects = { readonly [name: string]: Defect };

/** A healthy backend on this data. */
export function serve(server: Server): Parts {
  const { rows, lines } = server;
  const parts: Parts = {
    server,
    attempt(name, ttl, me) {
      if ((rows.get(name)?.expires ?? 0) > Date.now()) return undefined;
      const first = lines.get(name)?.[0];
      if (first !== undefined && first !== me) return undefined;
      const row = { token: ++server.last, expires: Date.now() + ttl };
      rows.set(name, row);
      return { ...row };
    },
    find(name, token) {
      const row = rows.get(name);
      if (row === undefined || row.token !== token || row.expires <= Date.now()) throw notHeld(name);
      return row;
    },
    acquire(name, ttl, wait, signal) {
      const granted = parts.attempt(name, ttl);
      return granted !== undefined || wait === 0 ? granted : standInLine(parts, name, ttl, wait, signal);
    },
    renew(name, token, ttl) {
      const row = parts.find(name, token);
      row.expires = Date.now() + ttl;
      return { ...row };
    },
    release(name, token) {
      parts.find(name, token).expires = 0;
    },
    ping: () => undefined,
    close: () => undefined,
  };
  return parts;
}

async function standInLine(
  { server, attempt }: Parts,
  name: string,
  ttl: number,
  wait: number,
  signal?: AbortSignal,
): Promise<Grant | undefined> {
  const me = {};
  const line = server.lines.get(name) ?? [];
  server.lines.set(name, line);
  line.push(me);
  try {
    for (const end = performance.now() + wait; performance.now() < end; await sleep(2)) {
      if (signal?.aborted) throw new CapabilityError('cancelled', 'given up');
      const granted = attempt(name, ttl, me);
      if (granted !== undefined) return granted;
    }
    return undefined;
  } finally {
    line.splice(line.indexOf(me), 1);
  }
}
