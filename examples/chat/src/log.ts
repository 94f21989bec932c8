import { openStore } from '@spiderlightning/guest';
import type { Versioned } from '@spiderlightning/guest';
import type { Draft, Message } from './rules.ts';

/**
 * What was said in a room: one key for each position. A message is written where nothing stands yet, one position after
 * the other, so there is no gap, whichever host dies when. The tail says where to begin; it may lag behind, never lead.
 */

export interface Stretch {
  /** From here on, this one not included, … */
  readonly from: number;
  /** … up to here the client now has everything that is kept. */
  readonly until: number;
  readonly messages: readonly Message[];
  /** There is more to ask for. */
  readonly more: boolean;
}

/** Messages that are kept of each room. */
export const kept = 1_000;
/** Messages of one answer; as many keys as one call takes. */
const most = 100;
const first = 50;

const chat = openStore('chat');
const tailKey = (room: string) => `tail/${room}`;
const slotKey = (room: string, position: number) => `message/${room}/${String(position).padStart(10, '0')}`;
const toPosition = (tail: Versioned | undefined) => Number(tail?.text() ?? 0);

/** At least as many messages as this have been said. */
export async function readTail(room: string): Promise<number> {
  return Number((await chat.getText(tailKey(room))) ?? 0);
}

/**
 * Adds a message, once, however often it is sent. Whoever writes to a position has seen all before it: that its message is
 * not among them is sure.
 */
export async function append(
  room: string,
  name: string,
  draft: Draft,
): Promise<{ message: Message; isNew: boolean }> {
  const isSame = (there: Message) => there.id === draft.id && there.name === name;
  const tail = await chat.getVersioned(tailKey(room));
  const known = toPosition(tail);
  for (let from = Math.max(Math.min(draft.seen, known), known - kept); from < known; from += most) {
    const found = (await readSlots(room, from, Math.min(most, known - from))).find(isSame);
    if (found !== undefined) return { message: found, isNew: false };
  }
  for (let position = known + 1; ; position++) {
    const message = { id: draft.id, room, position, name, text: draft.text, time: new Date().toISOString() };
    const put = await chat.compareAndSwap(slotKey(room, position), undefined, JSON.stringify(message));
    const there = put.swapped ? message : put.current?.json<Message>();
    if (there === undefined || !isSame(there)) continue;
    await moveTail(room, position, tail);
    if (put.swapped && position > kept) await chat.delete(slotKey(room, position - kept));
    return { message: there, isNew: put.swapped };
  }
}

/** It never goes back: what stands behind it may have been removed, and must not be written anew. */
async function moveTail(room: string, position: number, seen: Versioned | undefined): Promise<void> {
  for (let tail = seen; toPosition(tail) < position;) {
    const put = await chat.compareAndSwap(tailKey(room), tail?.version, String(position));
    if (put.swapped) return;
    tail = put.current;
  }
}

/** What came after a position; the newest without one. */
export async function readAfter(room: string, after: number | undefined): Promise<Stretch> {
  const tail = await readTail(room);
  const from = Math.max(after ?? tail - first, tail - kept, 0);
  let until = Math.max(from, Math.min(tail, from + most));
  // Beyond the tail others write meanwhile: one that was read as missing may stand before one that was found.
  const messages = (await readSlots(room, from, most)).filter(({ position }) => {
    if (position === until + 1) until++;
    return position <= until;
  });
  return { from, until, messages, more: until === from + most };
}

/** The last ones before a position. */
export async function readBefore(room: string, before: number): Promise<Stretch> {
  const oldest = Math.max((await readTail(room)) - kept, 0);
  const from = Math.max(before - 1 - first, oldest);
  const messages = before - 1 > from ? await readSlots(room, from, before - 1 - from) : [];
  return { from, until: before - 1, messages, more: messages.length > 0 && from > oldest };
}

async function readSlots(room: string, from: number, count: number): Promise<Message[]> {
  const keys = Array.from({ length: count }, (_, index) => slotKey(room, from + 1 + index));
  const found = await chat.getMany(keys);
  const decoder = new TextDecoder();
  return keys.flatMap((key) => {
    const value = found.get(key);
    return value === undefined ? [] : [JSON.parse(decoder.decode(value)) as Message];
  });
}
