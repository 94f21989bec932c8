import { HttpError, openStore } from '@spiderlightning/guest';
import { readTail } from './log.ts';

export interface Digest {
  readonly room: string;
  /** The planned time, ISO 8601. */
  readonly time: string;
  readonly position: number;
  /** Said since the digest before. */
  readonly messages: number;
  readonly people: number;
}

export interface Room {
  readonly name: string;
  readonly position: number;
  readonly digest: Digest | undefined;
}

const chat = openStore('chat');
const always = ['lobby', 'garden', 'workshop'];
const mostRooms = 50;
const key = 'rooms';

export async function listRooms(): Promise<string[]> {
  return [...always, ...((await chat.getJson<string[]>(key)) ?? [])];
}

/** @throws {HttpError} 404 */
export async function requireRoom(name: string): Promise<string> {
  if (always.includes(name) || (await listRooms()).includes(name)) return name;
  throw new HttpError(404, `there is no room ${name}`);
}

/** Whether it is new. */
export async function openRoom(name: string): Promise<boolean> {
  for (;;) {
    const found = await chat.getVersioned(key);
    const rooms = found?.json<string[]>() ?? [];
    if (always.includes(name) || rooms.includes(name)) return false;
    if (rooms.length + always.length >= mostRooms)
      throw new HttpError(409, `there are ${mostRooms} rooms already`);
    const put = await chat.compareAndSwap(key, found?.version, JSON.stringify([...rooms, name]));
    if (put.swapped) return true;
  }
}

export async function describeRooms(): Promise<Room[]> {
  const names = await listRooms();
  const digests = await chat.getMany(names.map(digestKey));
  const decoder = new TextDecoder();
  const rooms: Room[] = [];
  for (const name of names) {
    const digest = digests.get(digestKey(name));
    rooms.push({
      name,
      position: await readTail(name),
      digest: digest === undefined ? undefined : (JSON.parse(decoder.decode(digest)) as Digest),
    });
  }
  return rooms;
}

export const digestKey = (room: string) => `digest/${room}`;
