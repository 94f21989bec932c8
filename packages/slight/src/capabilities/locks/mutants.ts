/**
 * Locks that are broken on purpose, each in one way that real ones were found to be. They prove that the conformance suite
 * sees what it claims to see: every one of its checks fails on at least one of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CapabilityError } from '../core/error.ts';
import type { LocksTarget } from './conformance/check.ts';
import type { Grant, Locks, LocksFeature } from './contract.ts';
import { portableLocks } from './portable.ts';
import { notHeld } from './validate.ts';

export interface Mutant extends LocksTarget {
  readonly name: string;
  /** Names of checks that must fail on it. */
  readonly breaks: readonly string[];
}

interface Row {
  token: bigint;
  expires: number;
}

/** The locks of one place, as a server would have them. */
interface Server {
  readonly rows: Map<string, Row>;
  /** Who waits for each, in order. */
  readonly lines: Map<string, object[]>;
  last: bigint;
}

/** A healthy backend, with its data at hand for a defect. */
interface Parts extends Locks {
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

/** Locks in a map, with the defect in them; without one they are healthy. */
export function makeMutant(name: string, defect: Defect): Mutant {
  const features = new Set<LocksFeature>(['durable', 'durable-server', 'shared']);
  const servers = new Map<string, Server>();
  return {
    name,
    breaks: defect.breaks,
    features,
    open(given) {
      const place = defect.rename?.(given) ?? given;
      const server = servers.get(place) ?? { rows: new Map(), lines: new Map(), last: 0n };
      servers.set(place, server);
      const parts = serve(server);
      const options = { where: name, features, timeout: 5_000, backendsWith: () => [] };
      const portable = portableLocks({ ...parts, ...defect.backend?.(parts) }, options);
      return { ...portable, ...defect.guest?.(portable, parts) };
    },
    async restart() {
      for (const server of servers.values()) defect.crash?.(server);
    },
  };
}

function serve(server: Server): Parts {
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

const inTurns = 'of many who take turns, no two hold it at once, and tokens grow';
const free = 'a lock that is free is granted, with a token and the time when it ends';
const exclusive = 'a lock that is held is granted to nobody else, until it is released';
const growing = 'tokens grow from grant to grant, also when everything was closed meanwhile';
const owned = 'who has the token lets go of it, and nobody else does';
const ended = 'a grant that is not renewed ends, and the next one has a higher token';
const inVain = 'a wait in vain ends when it is over, with nothing';
const givenUp = 'a wait that is given up is cancelled, and takes nothing';
const restarted = 'what is held survives a restart of the server, and tokens go on from there';
const impossible = 'a ttl or a wait that cannot be is invalid-argument, and takes nothing';
const badName = 'a name that cannot be is invalid-argument';

/** Names as they come out of a careless encoding. */
function withNames(change: (name: string) => string): Defect['backend'] {
  return ({ acquire, renew, release }) => ({
    acquire: (name, ...rest) => acquire(change(name), ...rest),
    renew: (name, ...rest) => renew(change(name), ...rest),
    release: (name, token) => release(change(name), token),
  });
}

const defects: { readonly [name: string]: Defect } = {
  'the token is a number': {
    breaks: [free],
    guest: ({ acquire }) => ({
      async acquire(...given) {
        const grant = await acquire(...given);
        return grant && { ...grant, token: Number(grant.token) as unknown as bigint };
      },
    }),
  },
  'a ttl counts seconds as milliseconds': {
    breaks: [free],
    backend: ({ acquire }) => ({ acquire: (name, ttl, ...rest) => acquire(name, ttl / 1_000, ...rest) }),
  },
  'whoever asks gets it': {
    breaks: [exclusive, inTurns, inVain, 'of many who ask at once, one gets it'],
    backend: ({ server }) => ({
      acquire(name, ttl) {
        const row = { token: ++server.last, expires: Date.now() + ttl };
        server.rows.set(name, row);
        return { ...row };
      },
    }),
  },
  'who holds it gets it once more': {
    breaks: [exclusive],
    backend({ acquire, server }) {
      const mine = new Set<bigint>();
      return {
        async acquire(name, ...rest) {
          const row = server.rows.get(name);
          if (row !== undefined && mine.has(row.token) && row.expires > Date.now()) return { ...row };
          const grant = await acquire(name, ...rest);
          if (grant !== undefined) mine.add(grant.token);
          return grant;
        },
      };
    },
  },
  'it looks first and takes later': {
    breaks: ['of many who ask at once, one gets it'],
    backend: ({ acquire, server }) => ({
      async acquire(name, ttl, wait, signal) {
        if ((server.rows.get(name)?.expires ?? 0) > Date.now()) return acquire(name, ttl, wait, signal);
        await sleep(1);
        const row = { token: ++server.last, expires: Date.now() + ttl };
        server.rows.set(name, row);
        return { ...row };
      },
    }),
  },
  'a release forgets the last token': {
    breaks: [growing, inTurns],
    backend: ({ release, server }) => ({
      release(name, token) {
        void release(name, token);
        server.last = 0n;
      },
    }),
  },
  'tokens begin anew when all is closed': {
    breaks: [growing],
    backend: ({ server }) => ({ close: () => void (server.last = 0n) }),
  },
  'tokens are drawn by chance': {
    breaks: [growing, inTurns],
    backend: ({ acquire, server }) => ({
      acquire(...given) {
        server.last = BigInt(Math.floor(Math.random() * 1e9));
        return acquire(...given);
      },
    }),
  },
  'whoever asks releases it': {
    breaks: [owned, 'what has expired is not released, whether or not another has it by now'],
    backend: ({ server }) => ({ release: (name) => void server.rows.delete(name) }),
  },
  'whoever has a token of any lock renews it': {
    breaks: [owned],
    backend: ({ server }) => ({
      renew(name, token, ttl) {
        const row = { token, expires: Date.now() + ttl };
        server.rows.set(name, row);
        return { ...row };
      },
    }),
  },
  'a release of what is not held is no error': {
    breaks: [
      owned,
      'what was released is neither released nor renewed again',
      'what nobody ever held is neither released nor renewed',
    ],
    backend: ({ server }) => ({
      release(name, token) {
        if (server.rows.get(name)?.token === token) server.rows.delete(name);
      },
    }),
  },
  'a renewal brings back what was released': {
    breaks: ['what was released is neither released nor renewed again'],
    backend: ({ server }) => ({
      renew(name, token, ttl) {
        const row = server.rows.get(name);
        if (row?.token !== token) throw notHeld(name);
        row.expires = Date.now() + ttl;
        return { ...row };
      },
    }),
  },
  'a renewal makes what was never there': {
    breaks: ['what nobody ever held is neither released nor renewed'],
    backend: ({ server, renew }) => ({
      renew(name, token, ttl) {
        if (!server.rows.has(name)) server.rows.set(name, { token, expires: Infinity });
        return renew(name, token, ttl);
      },
    }),
  },
  'a server that is killed forgets who holds what': {
    breaks: [restarted],
    crash: ({ rows }) => rows.clear(),
  },
  'a server that is killed forgets its tokens': {
    breaks: [restarted],
    crash: (server) => void (server.last = 0n),
  },
  'nothing ever expires': {
    breaks: [ended],
    backend: ({ acquire, server }) => ({
      async acquire(name, ...rest) {
        const grant = await acquire(name, ...rest);
        if (grant !== undefined) server.rows.get(name)!.expires = Infinity;
        return grant;
      },
    }),
  },
  'an expired lock keeps its token': {
    breaks: [ended],
    backend: ({ acquire, server }) => ({
      acquire(name, ttl, wait, signal) {
        const row = server.rows.get(name);
        if (row === undefined || row.expires > Date.now() || row.expires === 0)
          return acquire(name, ttl, wait, signal);
        row.expires = Date.now() + ttl;
        return { ...row };
      },
    }),
  },
  'a late release is let pass where nobody came': {
    breaks: ['what has expired is not released, whether or not another has it by now'],
    backend: ({ server }) => ({
      release(name, token) {
        const row = server.rows.get(name);
        if (row?.token !== token || row.expires === 0) throw notHeld(name);
        row.expires = 0;
      },
    }),
  },
  'a late renewal is let pass where nobody came': {
    breaks: ['what has expired is not renewed, whether or not another has it by now'],
    backend: ({ server }) => ({
      renew(name, token, ttl) {
        const row = server.rows.get(name);
        if (row?.token !== token || row.expires === 0) throw notHeld(name);
        row.expires = Date.now() + ttl;
        return { ...row };
      },
    }),
  },
  'a renewal only says so': {
    breaks: [
      'a renewal keeps it for its ttl from then on, with the same token',
      'who waits gets it when it expires, and not while it is renewed',
    ],
    backend: ({ find }) => ({
      renew: (name, token, ttl) => ({ ...find(name, token), expires: Date.now() + ttl }),
    }),
  },
  'a renewal changes the token': {
    breaks: ['a renewal keeps it for its ttl from then on, with the same token'],
    backend: ({ find, server }) => ({
      renew(name, token, ttl) {
        const row = find(name, token);
        row.token = ++server.last;
        row.expires = Date.now() + ttl;
        return { ...row };
      },
    }),
  },
  'a renewal never shortens': {
    breaks: ['a renewal may shorten it'],
    backend: ({ find }) => ({
      renew(name, token, ttl) {
        const row = find(name, token);
        row.expires = Math.max(row.expires, Date.now() + ttl);
        return { ...row, expires: Date.now() + ttl };
      },
    }),
  },
  'nobody waits': {
    breaks: [inVain, 'who waits gets it when it is released', inTurns],
    backend: ({ attempt }) => ({ acquire: (name, ttl) => attempt(name, ttl) }),
  },
  'a wait in vain is an error': {
    breaks: [inVain],
    guest: ({ acquire }) => ({
      async acquire(...given) {
        const grant = await acquire(...given);
        if (grant === undefined && given[2] > 0) throw new CapabilityError('timeout', 'in vain');
        return grant;
      },
    }),
  },
  'who waits looks only at the end': {
    breaks: ['who waits gets it when it is released'],
    backend: ({ attempt }) => ({
      async acquire(name, ttl, wait) {
        const granted = attempt(name, ttl);
        if (granted !== undefined || wait === 0) return granted;
        await sleep(wait);
        return undefined;
      },
    }),
  },
  'who waits gets it at the first end, whatever was renewed': {
    breaks: ['who waits gets it when it expires, and not while it is renewed'],
    backend: ({ acquire, server }) => ({
      async acquire(name, ttl, wait, signal) {
        const row = server.rows.get(name);
        if (wait === 0 || row === undefined) return acquire(name, ttl, wait, signal);
        await sleep(row.expires - Date.now());
        server.rows.delete(name);
        return acquire(name, ttl, wait, signal);
      },
    }),
  },
  'those who wait come one by one, each when it looks': {
    breaks: ['who waits is not passed over by one who comes back again and again'],
    backend: ({ server }) => ({
      async acquire(name, ttl, wait) {
        for (const end = performance.now() + wait; ; await sleep(30)) {
          if ((server.rows.get(name)?.expires ?? 0) <= Date.now()) {
            const row = { token: ++server.last, expires: Date.now() + ttl };
            server.rows.set(name, row);
            return { ...row };
          }
          if (performance.now() >= end) return undefined;
        }
      },
    }),
  },
  'a wait that is given up goes on': {
    breaks: [givenUp, 'locks that are closed let go of what they hold, and wait no more'],
    guest: (_locks, { acquire }) => ({ acquire: (name, ttl, wait) => acquire(name, ttl, wait) }),
  },
  'who gave up before it asked gets it': {
    breaks: [givenUp],
    guest: ({ acquire }) => ({
      acquire: (name, ttl, wait, signal) => acquire(name, ttl, wait, signal?.aborted ? undefined : signal),
    }),
  },
  'who waited in vain stays in line': {
    breaks: ['who waited in vain is not in the way of others'],
    backend: ({ acquire, server }) => ({
      async acquire(name, ...rest) {
        const grant = await acquire(name, ...rest);
        if (grant === undefined) server.lines.get(name)?.push({});
        return grant;
      },
    }),
  },
  'a close forgets what is held': {
    breaks: ['locks that are closed let go of what they hold, and wait no more'],
    guest: () => ({ close: () => undefined }),
  },
  'names are cut': {
    breaks: ['every name is a lock of its own'],
    backend: withNames((name) => name.slice(0, 250)),
  },
  'names are lower case': {
    breaks: ['every name is a lock of its own'],
    backend: withNames((name) => name.toLowerCase()),
  },
  'names end at a null': {
    breaks: ['every name is a lock of its own'],
    backend: withNames((name) => name.split('\0')[0]!),
  },
  'names are normalised': {
    breaks: ['every name is a lock of its own'],
    backend: withNames((name) => name.normalize('NFC')),
  },
  'all names of the slightfile share one server': {
    breaks: ['locks of two names in the slightfile have nothing to do with each other'],
    rename: () => 'all',
  },
  'nothing is checked': {
    breaks: [impossible, badName],
    guest: (_locks, { acquire, renew, release }) => ({ acquire, renew, release }),
  },
  'a renewal is not checked': {
    breaks: [impossible, badName],
    guest: (_locks, { renew }) => ({ renew }),
  },
  'what is closed goes on': {
    breaks: ['what is closed is cancelled'],
    guest: (_locks, { acquire }) => ({ acquire }),
  },
};

export function makeMutants(): Mutant[] {
  return Object.entries(defects).map(([name, defect]) => makeMutant(name, defect));
}
