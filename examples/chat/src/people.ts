import { HttpError, openStore } from '@spiderlightning/guest';
import type { GuestRequest } from '@spiderlightning/guest';
import { foldName } from './rules.ts';

/** Who somebody is, who is here, and how much each may do: all of it ends by itself. */

interface Session {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export interface Person {
  readonly token: string;
  readonly name: string;
}

/** A connection, and whose it is: one person may have several. */
export type Here = readonly [connection: string, name: string];

const people = openStore('people');
const sessionMs = 24 * 60 * 60 * 1_000;
/** A page says three times within it that it is still here. */
const hereMs = 60_000;
const mostHere = 200;

/** Gives a name to one alone, for as long as it is used. */
export async function enter(name: string): Promise<Person> {
  const token = crypto.randomUUID();
  const options = { ttlMs: sessionMs };
  await people.setJson(
    `session/${token}`,
    { name, until: Date.now() + sessionMs } satisfies Session,
    options,
  );
  const claim = await people.compareAndSwap(`name/${foldName(name)}`, undefined, token, options);
  if (claim.swapped) return { token, name };
  await people.delete(`session/${token}`);
  throw new HttpError(409, `somebody is called ${name} already`);
}

/** The person who asks. @throws {HttpError} 401 */
export async function identify(req: GuestRequest<unknown>): Promise<Person> {
  const token = /^Bearer ([0-9a-f-]{36})$/.exec(req.headers.get('authorization') ?? '')?.[1];
  const session = token === undefined ? undefined : await people.getJson<Session>(`session/${token}`);
  if (token === undefined || session === undefined)
    throw new HttpError(401, 'say who you are: POST /sessions, then Authorization: Bearer', {
      'www-authenticate': 'Bearer',
    });
  if (session.until - Date.now() < sessionMs / 2) await renew(token, session.name);
  return { token, name: session.name };
}

async function renew(token: string, name: string): Promise<void> {
  const options = { ttlMs: sessionMs };
  await people.set(`name/${foldName(name)}`, token, options);
  await people.setJson(
    `session/${token}`,
    { name, until: Date.now() + sessionMs } satisfies Session,
    options,
  );
}

export async function leave({ token, name }: Person): Promise<void> {
  await people.deleteMany([`session/${token}`, `name/${foldName(name)}`]);
}

/** Counts in windows. @throws {HttpError} 429 where it was enough */
export async function allow(what: string, most: number, windowMs: number): Promise<void> {
  const key = `rate/${what}`;
  for (;;) {
    const found = await people.getVersioned(key);
    const now = Date.now();
    const past = found?.json<{ count: number; until: number }>();
    const { count, until } =
      past === undefined || past.until <= now ? { count: 0, until: now + windowMs } : past;
    if (count >= most)
      throw new HttpError(429, 'too much at once: wait a moment', {
        'retry-after': String(Math.ceil((until - now) / 1_000)),
      });
    const value = JSON.stringify({ count: count + 1, until });
    const put = await people.compareAndSwap(key, found?.version, value, { ttlMs: until - now });
    if (put.swapped) return;
  }
}

const hereKey = (room: string, name: string, connection: string) =>
  `here/${room}/${encodeURIComponent(name)}/${connection}`;

export async function arrive(room: string, name: string, connection: string): Promise<void> {
  await people.set(hereKey(room, name, connection), '1', { ttlMs: hereMs });
}

/** Whether it was here until now: what has ended does not come back by this. */
export async function stay(room: string, name: string, connection: string): Promise<boolean> {
  const key = hereKey(room, name, connection);
  const found = await people.getVersioned(key);
  if (found === undefined) return false;
  return (await people.compareAndSwap(key, found.version, '1', { ttlMs: hereMs })).swapped;
}

export async function depart(room: string, name: string, connection: string): Promise<void> {
  await people.delete(hereKey(room, name, connection));
}

/** Up to 200 connections. */
export async function listHere(room: string): Promise<Here[]> {
  const prefix = `here/${room}/`;
  const found: Here[] = [];
  for await (const key of people.keys({ prefix, limit: mostHere })) {
    const [name = '', connection = ''] = key.slice(prefix.length).split('/');
    found.push([connection, decodeURIComponent(name)]);
    if (found.length === mostHere) break;
  }
  return found;
}
