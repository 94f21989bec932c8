import { randomBytes } from 'node:crypto';

/** Makes versions that no other maker, in no other process, at no other time, makes: so none is ever used twice. */
export function makeVersions(): () => string {
  const maker = randomBytes(12).toString('base64url');
  let count = 0;
  return () => `${maker}.${++count}`;
}
