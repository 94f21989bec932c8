import { randomUUID } from 'node:crypto';
import type { MqttClient, MqttMessage } from '../../../clients/mqtt.ts';
import { CapabilityError, failAfterWrite, finishAll } from '../../core/error.ts';
import { follows, reject, succeed } from './mqtt-claims.ts';
import type { Claim, Current } from './mqtt-claims.ts';
import type { Layout } from './mqtt-layout.ts';
import { readJson, readMeta, unpackBody } from './mqtt-message.ts';
import type { Meta } from './mqtt-message.ts';
import { makeStandIns } from './mqtt-stand-ins.ts';

export interface Held {
  readonly meta: Meta;
  readonly body: Uint8Array;
  readonly attempt: number;
  readonly token: string;
}

/** One member of a group: what it knows of the group's messages, and what it has of them. */
export interface Member {
  /** Messages that may be given out now, at most `max`, after the server has written down that they are. */
  take(max: number): Promise<Held[]>;
  /** What a token stands for, while its lease lasts. */
  find(token: string): Held | undefined;
  /** False where another was faster. */
  extend(token: string): Promise<boolean>;
  giveBack(token: string, due: number, counts: boolean): Promise<boolean>;
  /** It is done: takes it away. */
  remove(token: string): Promise<void>;
  /** Milliseconds until it is worth a look. */
  due(): number;
  count(): { readonly waiting: number; readonly leased: number };
  close(): void;
}

/** Milliseconds by which a lease ends earlier here than for the others. */
const ahead = 20;
/** Messages that a member knows of, and bytes of their bodies; what is beyond it asks for when those are done. */
const mostKnown = 10_000;
const mostBytes = 64 * 1024 * 1024;
/** Milliseconds between two looks whether the server keeps messages that were not heard. */
const lookEvery = 5_000;

interface Known {
  readonly meta: Meta;
  readonly body: Uint8Array;
  /** This member is asking for it. */
  claiming: boolean;
}

interface Own {
  readonly id: string;
  /** Kept here too: while the connection is made again nothing is known of messages. */
  readonly meta: Meta;
  readonly body: Uint8Array;
  readonly claim: Claim;
  /** Until when its lease lasts, by this process's clock. */
  readonly end: number;
  /** It is being taken away, or given back. */
  done?: true;
}

/** Undefined: nobody knows. */
type Decide = (counts: boolean | undefined) => void;

/** @param wake called when there may be something to take */
export async function openMember(
  client: MqttClient,
  layout: Layout,
  group: string,
  lease: number,
  wake: () => void,
): Promise<Member> {
  const messages = new Map<string, Known>();
  const claims = new Map<string, Current>();
  /** What this member has, by token. */
  const own = new Map<string, Own>();
  /** Claims that were sent, until it is known whether they count. */
  const open = new Map<string, Decide>();
  /** Messages that are being taken away, until that is heard. */
  const leaving = new Map<string, () => void>();
  const standIns = makeStandIns((id) => {
    const current = claims.get(id);
    if (current?.sure) tell(id, current);
  });
  let size = 0;
  let missing = false;
  let looked = performance.now();

  const [messageRoot, claimRoot] = [layout.message(group, ''), layout.claim(group, '')];
  const close = await client.subscribe(layout.has(group), 0, (message) => {
    if (message === undefined) return forget();
    const { topic } = message;
    if (topic.startsWith(messageRoot)) hearMessage(topic.slice(messageRoot.length), message);
    else if (topic.startsWith(claimRoot)) hearClaim(topic.slice(claimRoot.length), message);
  });

  /** The connection was lost: the server tells all anew. What this member has it has until its lease ends. */
  function forget(): void {
    messages.clear();
    claims.clear();
    standIns.close();
    size = 0;
    missing = false;
    for (const decide of open.values()) decide(undefined);
    open.clear();
    for (const { id, claim } of own.values())
      if (isOwn(claim.token))
        claims.set(id, {
          ...claim,
          heard: performance.now(),
          past: [],
          strays: [],
          authored: true,
          sure: false,
        });
  }

  function hearMessage(id: string, message: MqttMessage): void {
    const known = messages.get(id);
    if (message.payload.length === 0) {
      size -= known?.body.length ?? 0;
      messages.delete(id);
      claims.delete(id);
      standIns.stop(id);
      leaving.get(id)?.();
      return;
    }
    const meta = readMeta(message);
    if (known !== undefined || meta === undefined) return;
    missing ||= messages.size >= mostKnown || size >= mostBytes;
    if (messages.size >= mostKnown || size >= mostBytes) return;
    messages.set(id, { meta, body: unpackBody(message), claiming: false });
    size += message.payload.length;
    wake();
  }

  function hearClaim(id: string, message: MqttMessage): void {
    const claim = readJson<Claim>(message);
    if (claim === undefined) {
      standIns.stop(id);
      return void claims.delete(id);
    }
    const current = claims.get(id);
    const asked = open.has(claim.token);
    // What this member asked for may be gone; of what others ask for it need not know.
    const counts = (messages.has(id) || !asked) && follows(claim, current, message.retained);
    if (counts) {
      claims.set(id, succeed(claim, current, asked, message.retained));
      // Not by what follows it: who has taken what does not count for good would take no notice.
      if (claim.again === true) standIns.stop(id);
    } else if (current !== undefined && current.token !== claim.token) {
      claims.set(id, reject(claim, current));
      sayAgain(id, current);
    }
    decide(claim.token, counts);
    wake();
  }

  function isOwn(token: string | undefined): boolean {
    const mine = own.get(token ?? '');
    return mine !== undefined && mine.end > performance.now();
  }

  function decide(token: string, counts: boolean): void {
    open.get(token)?.(counts);
    open.delete(token);
  }

  /** At once where it is this member's to say; else where its author does not. */
  function sayAgain(id: string, current: Current): void {
    const { token, authored, lease: time } = current;
    if (own.get(token)?.done === true) return;
    if (authored && (time === 0 || isOwn(token))) tell(id, current);
    else if (current.sure) standIns.wait(id);
  }

  function tell(id: string, { token, before, attempt, lease: time, due }: Current): void {
    const claim: Claim = { token, before, attempt, lease: time, due, again: true };
    client
      .publish(layout.claim(group, id), JSON.stringify(claim), { qos: 1, retain: true })
      .catch(() => undefined);
  }

  /** @returns whether it counts */
  async function send(id: string, claim: Claim): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean | undefined>();
    const other = open.get(claim.token);
    open.set(claim.token, (counts) => {
      other?.(counts);
      resolve(counts);
    });
    const text = JSON.stringify(claim);
    // What all hear is answer enough, and comes first; the server's own may wait for the network's.
    const published = client
      .publish(layout.claim(group, id), text, { qos: 1, retain: true })
      .then(() => (open.has(claim.token) ? client.flush().catch(failAfterWrite) : undefined))
      .finally(() => decide(claim.token, false));
    published.catch(() => undefined);
    const decided = await promise;
    if (decided !== true) await published;
    if (decided === undefined)
      throw new CapabilityError(
        'unavailable',
        'the connection broke before it was known who has the message',
        {
          outcome: 'unknown',
        },
      );
    const counts = decided;
    // Of a message that is gone it would stay.
    if (!counts && !messages.has(id)) await clear(layout.claim(group, id));
    return counts;
  }

  async function clear(topic: string): Promise<void> {
    await client.publish(topic, '', { qos: 1, retain: true });
  }

  /** Milliseconds until a message may be given out. */
  function waits(id: string, { meta }: Known): number {
    const claim = claims.get(id);
    if (claim === undefined) return (meta.due ?? 0) - Date.now();
    return claim.lease > 0 ? claim.heard + claim.lease - performance.now() : claim.due - Date.now();
  }

  async function claimOne(id: string, known: Known): Promise<Held | undefined> {
    const current = claims.get(id);
    const attempt = (current?.attempt ?? 0) + 1;
    const claim: Claim = { token: randomUUID(), before: current?.token ?? '', attempt, lease, due: 0 };
    const end = performance.now() + lease - ahead;
    known.claiming = true;
    // Those that nobody answers would stay.
    if (own.size % 1_000 === 999) for (const each of own.keys()) if (!isOwn(each)) own.delete(each);
    // From before it is heard: another's that follows must find whose it is.
    const { meta, body } = known;
    own.set(claim.token, { id, meta, body, claim, end });
    try {
      const counts = await send(id, claim);
      if (!counts) own.delete(claim.token);
      return counts ? { meta, body, attempt, token: claim.token } : undefined;
    } catch (error) {
      own.delete(claim.token);
      throw error;
    } finally {
      known.claiming = false;
    }
  }

  /** Replaces what a token stands for. */
  async function replace(token: string, change: Partial<Claim>): Promise<boolean> {
    const mine = own.get(token)!;
    const claim: Claim = { ...mine.claim, ...change, before: token };
    const end = performance.now() + lease - ahead;
    // What was before is not said again, which would come after this one.
    if (claim.token !== token) mine.done = true;
    const counts = await send(mine.id, claim);
    if (counts && claim.token === token) own.set(token, { ...mine, claim, end });
    else own.delete(token);
    return counts;
  }

  const member: Member = {
    async take(max) {
      if ((missing || messages.size < mostKnown / 10) && performance.now() - looked > lookEvery) {
        looked = performance.now();
        missing = false;
        await client.repeat(layout.has(group));
      }
      const chosen: [string, Known][] = [];
      for (const [id, known] of messages) {
        if (chosen.length >= max) break;
        if (!known.claiming && waits(id, known) <= 0) chosen.push([id, known]);
      }
      const held = await Promise.allSettled(chosen.map(([id, known]) => claimOne(id, known)));
      const good = held.flatMap((each) => (each.status === 'fulfilled' ? (each.value ?? []) : []));
      const failed = held.find((each) => each.status === 'rejected');
      if (failed !== undefined && good.length === 0) throw failed.reason;
      return good;
    },
    find(token) {
      const mine = own.get(token);
      if (mine === undefined || mine.end <= performance.now() || claims.get(mine.id)?.token !== token) {
        own.delete(token);
        return undefined;
      }
      const { meta, body, claim } = mine;
      return { meta, body, attempt: claim.attempt, token };
    },
    extend: (token) => replace(token, { lease }),
    giveBack(token, due, counts) {
      const { attempt } = own.get(token)!.claim;
      return replace(token, {
        token: randomUUID(),
        attempt: counts ? attempt : attempt - 1,
        lease: 0,
        due,
      });
    },
    async remove(token) {
      const mine = own.get(token)!;
      const { id } = mine;
      mine.done = true;
      const { promise, resolve } = Promise.withResolvers<void>();
      leaving.set(id, resolve);
      const cleared = finishAll([clear(layout.message(group, id)), clear(layout.claim(group, id))]);
      cleared.catch(() => undefined);
      await Promise.race([promise, cleared]).finally(() => leaving.delete(id));
      own.delete(token);
    },
    due() {
      let least = lookEvery;
      for (const [id, known] of messages) if (!known.claiming) least = Math.min(least, waits(id, known));
      return Math.max(1, least);
    },
    count() {
      let leased = 0;
      for (const [id, known] of messages)
        if ((claims.get(id)?.lease ?? 0) > 0 && waits(id, known) > 0) leased++;
      return { waiting: messages.size - leased, leased };
    },
    close() {
      standIns.close();
      close();
    },
  };
  return member;
}
