import { setTimeout as sleep } from 'node:timers/promises';
import { CapabilityError } from '../../core/error.ts';
import { notHeld } from '../validate.ts';
import type { Defects } from './defect.ts';

const inTurns = 'of many who take turns, no two hold it at once, and tokens grow';
const ended = 'a grant that is not renewed ends, and the next one has a higher token';
const inVain = 'a wait in vain ends when it is over, with nothing';
const givenUp = 'a wait that is given up is cancelled, and takes nothing';

/** Of expiry, renewal and waiting. */
export const timeDefects: Defects = {
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
};
