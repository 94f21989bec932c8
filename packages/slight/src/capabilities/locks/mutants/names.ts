import type { Defect, Defects } from './defect.ts';

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

/** Of names, and of what is not checked. */
export const nameDefects: Defects = {
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
