import type { Counts, DeadLetter, Delivery, Message } from '../contract.ts';
import { makeDueQueue } from './due-queue.ts';

/** A message that a group has not answered. */
interface Entry {
  readonly seq: number;
  readonly message: Message;
  readonly wantsReply: boolean;
  attempt: number;
  /** Milliseconds since 1970 from which it may be given out; the end of its lease while it is out. */
  due: number;
  /** 0 while nobody has it. */
  lease: number;
  gone: boolean;
}

/** Leases of all groups of all names, so that a receipt is good for its own only. */
let leases = 0;

/** What one group has. Without a backend's care for arguments, other groups and waiting. */
export interface MemoryGroup {
  topics: readonly string[];
  add(message: Message, delay: number, wantsReply: boolean): void;
  take(max: number): Delivery[];
  /** Milliseconds until something may be given out; undefined where nothing will. */
  due(): number | undefined;
  /** The message behind a receipt that still holds. */
  find(receipt: string): { readonly message: Message; readonly wantsReply: boolean } | undefined;
  /** These do nothing for a receipt that no longer holds. */
  ack(receipt: string): void;
  extend(receipt: string): void;
  /** `counts`: whether the attempt does. */
  giveBack(receipt: string, delay: number, counts: boolean): void;
  bury(receipt: string, reason: string): void;
  count(): Counts;
  /** The oldest first. */
  readonly dead: Buried[];
}

export interface Buried {
  readonly seq: number;
  readonly letter: DeadLetter;
}

/**
 * @param lease milliseconds
 * @param ordered whether of each key one message is out at a time
 */
export function makeMemoryGroup(
  name: string,
  topics: readonly string[],
  lease: number,
  ordered: boolean,
): MemoryGroup {
  const entries = new Map<number, Entry>();
  /** By the time that they may be given out. Of a key, where there is an order, only the first. */
  const queue = makeDueQueue<Entry>((entry, due) => !entry.gone && entry.due === due);
  const keys = new Map<string, Entry[]>();
  const dead: Buried[] = [];
  let sequence = 0;
  let burials = 0;

  function keyOf(entry: Entry): string | undefined {
    return ordered ? entry.message.key : undefined;
  }

  function settle(entry: Entry): void {
    entry.gone = true;
    entries.delete(entry.seq);
    const key = keyOf(entry);
    if (key === undefined) return;
    const line = keys.get(key)!;
    line.shift();
    if (line.length === 0) keys.delete(key);
    else queue.push(line[0]!, line[0]!.due);
  }

  function setDue(entry: Entry, due: number): void {
    entry.due = due;
    queue.push(entry, due);
  }

  function held(receipt: string): Entry | undefined {
    const [seq, id] = receipt.split('-');
    const entry = entries.get(Number(seq));
    return entry !== undefined && entry.lease === Number(id) && entry.lease > 0 && entry.due > Date.now()
      ? entry
      : undefined;
  }

  function giveOut(entry: Entry, now: number): Delivery {
    entry.attempt++;
    entry.lease = ++leases;
    setDue(entry, now + lease);
    const { message, attempt, wantsReply } = entry;
    const receipt = `${entry.seq}-${entry.lease}`;
    return { ...message, body: message.body.slice(), group: name, attempt, receipt, lease, wantsReply };
  }

  return {
    topics,
    dead,
    add(message, delay, wantsReply) {
      const due = Date.now() + delay;
      const entry: Entry = { seq: ++sequence, message, wantsReply, attempt: 0, due, lease: 0, gone: false };
      entries.set(entry.seq, entry);
      const key = keyOf(entry);
      const line = key === undefined ? undefined : keys.get(key);
      if (line !== undefined) return void line.push(entry);
      if (key !== undefined) keys.set(key, [entry]);
      queue.push(entry, due);
    },
    take(max) {
      const now = Date.now();
      const taken: Delivery[] = [];
      while (taken.length < max) {
        const entry = queue.shift(now);
        if (entry === undefined) break;
        taken.push(giveOut(entry, now));
      }
      return taken;
    },
    due() {
      const next = queue.next();
      return next === undefined ? undefined : Math.max(0, next - Date.now());
    },
    find: held,
    ack(receipt) {
      const entry = held(receipt);
      if (entry !== undefined) settle(entry);
    },
    extend(receipt) {
      const entry = held(receipt);
      if (entry !== undefined) setDue(entry, Date.now() + lease);
    },
    giveBack(receipt, delay, counts) {
      const entry = held(receipt);
      if (entry === undefined) return;
      entry.lease = 0;
      if (!counts) entry.attempt--;
      setDue(entry, Date.now() + delay);
    },
    bury(receipt, reason) {
      const entry = held(receipt);
      if (entry === undefined) return;
      const letter = { ...entry.message, attempts: entry.attempt, reason, at: Date.now() };
      dead.push({ seq: ++burials, letter });
      settle(entry);
    },
    count() {
      const now = Date.now();
      const leased = [...entries.values()].filter((entry) => entry.lease > 0 && entry.due > now).length;
      return { waiting: entries.size - leased, leased, dead: dead.length };
    },
  };
}
