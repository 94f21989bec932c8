import { setTimeout as sleep } from 'node:timers/promises';
import { notHeld } from '../validate.ts';
import type { Defects } from './defect.ts';

const inTurns = 'of many who take turns, no two hold it at once, and tokens grow';
const free = 'a lock that is free is granted, with a token and the time when it ends';
const exclusive = 'a lock that is held is granted to nobody else, until it is released';
const growing = 'tokens grow from grant to grant, also when everything was closed meanwhile';
const owned = 'who has the token lets go of it, and nobody else does';
const inVain = 'a wait in vain ends when it is over, with nothing';
const restarted = 'what is held survives a restart of the server, and tokens go on from there';

/** Of what is granted, and who lets go of it. */
export const grantDefects: Defects = {
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
};
