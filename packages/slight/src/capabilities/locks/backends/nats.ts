import type { StoredMsg } from '@nats-io/jetstream';
import {
  encodeName,
  isApiError,
  natsPackages,
  natsSettings,
  openNats,
  streamExists,
  wrongLastSequence,
} from '../../../clients/nats.ts';
import { readReplicas, replicasSetting } from '../../../clients/nats-replicas.ts';
import { defineBackend } from '../../core/backend.ts';
import type { OpenContext } from '../../core/backend.ts';
import type { Grant, Locks, LocksFeature } from '../contract.ts';
import { linePatience, waitInLine } from '../line.ts';
import type { Blocked, Line } from '../line.ts';
import { notHeld } from '../validate.ts';

/**
 * Locks in a stream of NATS, which keeps the last message of each lock: who has it, and for how long from the time when the server
 * got it. A message is written only where no other came in between; the number of the one that took the lock is the token.
 */
export const nats = defineBackend<Locks, LocksFeature>({
  scheme: 'nats',
  capability: 'locks',
  doc: 'Locks on NATS with JetStream, by the time of its server: nats://user:password@host:port or nats://token@host:port, TLS with ?tls=true; several servers of a cluster: nats://user:password@a:4222,b:4222; credentials (a JWT, an nkey) stand beside the bind.',
  features: new Set(['durable-server', 'shared']),
  config: {
    ...natsSettings,
    replicas: replicasSetting('the locks, where this makes their stream'),
  },
  packages: natsPackages,
  severalHosts: true,
  open: openLocks,
});

/** What the last message of a lock says. */
interface Note {
  /** Milliseconds from the message's time; 0: it was released. */
  readonly ttl: number;
  /** Of a renewal. Absent: the message's own number. */
  readonly token?: string;
}

/** What a lock's last message comes to. */
interface State {
  /** Its number; 0: there is none. */
  readonly sequence: number;
  readonly token: bigint;
  /** Milliseconds that it holds on; not above 0: it is free. */
  readonly left: number;
}

/** Milliseconds for which the difference between the clocks is taken as it was. */
const clockFor = 30_000;
/** Milliseconds from when a message passes by until its stream has it. */
const settling = 2;
/** Digits of a ticket, so that names sort as numbers do. */
const digits = 16;

async function openLocks(context: OpenContext): Promise<Locks> {
  const { name: place, config } = context;
  const client = await openNats(context);
  const root = `slight.${encodeName(place)}.locks`;
  const stream = `slight-${encodeName(place)}-locks`;
  const lockOf = (name: string): string => `${root}.lock.${encodeName(name)}`;
  const lineOf = (name: string): string => `${root}.line.${encodeName(name)}`;

  const last = (subject: string): Promise<StoredMsg | null> =>
    client.ask(false, ({ manager }) => manager.streams.getMessage(stream, { last_by_subj: subject }));

  /** @returns its number; undefined where the last message of the subject was another than `expected` */
  const write = (subject: string, body: string, expected?: number): Promise<number | undefined> =>
    client.ask(true, async ({ jetstream }) => {
      try {
        const expect = expected === undefined ? {} : { expect: { lastSubjectSequence: expected } };
        return (await jetstream.publish(subject, body, expect)).seq;
      } catch (error) {
        if (isApiError(error, wrongLastSequence)) return undefined;
        throw error;
      }
    });

  /** Milliseconds between the server's clock and one of this process that nobody sets. */
  let ahead = 0;
  let known = -Infinity;

  /** Milliseconds since 1970 by the server's clock, as far as it can be told from here. */
  async function serverTime(): Promise<number> {
    if (performance.now() - known > clockFor) {
      await write(`${root}.clock`, '');
      const after = performance.now();
      const told = await last(`${root}.clock`);
      // Rather too early than too late: then a lock that is held does not look free.
      if (told !== null) ahead = told.time.getTime() - after;
      known = after;
    }
    return performance.now() + ahead;
  }

  async function look(name: string): Promise<State> {
    const [message, now] = await Promise.all([last(lockOf(name)), serverTime()]);
    if (message === null) return { sequence: 0, token: 0n, left: 0 };
    const { ttl, token } = JSON.parse(Buffer.from(message.data).toString()) as Note;
    const left = ttl === 0 ? 0 : message.time.getTime() + ttl - now;
    return { sequence: message.seq, token: BigInt(token ?? message.seq), left };
  }

  /** Who stands first in line and gives signs of life. */
  async function findFirst(name: string): Promise<string | undefined> {
    const { state } = await client.ask(false, ({ manager }) =>
      manager.streams.info(stream, { subjects_filter: `${lineOf(name)}.*` }),
    );
    for (const subject of Object.keys(state.subjects ?? {}).toSorted()) {
      const sign = await last(subject);
      if (sign === null) continue;
      if ((await serverTime()) - sign.time.getTime() <= linePatience) return subject;
      await leave(subject);
    }
    return undefined;
  }

  const leave = (subject: string): Promise<unknown> =>
    client.ask(true, ({ manager }) => manager.streams.purge(stream, { filter: subject }));

  async function take(name: string, ttl: number, ticket: string): Promise<Grant | Blocked> {
    for (;;) {
      const { sequence, left } = await look(name);
      if (left > 0) return { again: left + 1 };
      const first = await findFirst(name);
      if (first !== undefined && first !== ticket) return { again: linePatience };
      const expires = Math.floor(Date.now() + ttl);
      const token = await write(
        lockOf(name),
        JSON.stringify({ ttl: Math.ceil(ttl) } satisfies Note),
        sequence,
      );
      if (token === undefined) {
        // Somebody was faster. Who does not stand in line yet does so before it tries again: else others may always be.
        if (ticket === '') return { again: 1 };
        continue;
      }
      // It has the lock, also where it cannot leave; then it is passed by and by.
      if (first !== undefined) await leave(first).catch(() => undefined);
      return { token: BigInt(token), expires };
    }
  }

  /** Writes another note over the one with the token. */
  async function replace(name: string, token: bigint, note: Note): Promise<void> {
    for (;;) {
      const state = await look(name);
      if (state.token !== token || state.left <= 0) throw notHeld(name);
      if ((await write(lockOf(name), JSON.stringify(note), state.sequence)) !== undefined) return;
    }
  }

  const line: Line<string> = {
    take,
    async stand(name, ticket) {
      const number = ticket === undefined ? await write(`${root}.tickets`, '') : undefined;
      const subject = ticket ?? `${lineOf(name)}.${String(number).padStart(digits, '0')}`;
      await write(subject, '');
      return subject;
    },
    async leave(name, ticket) {
      await leave(ticket);
      // Those behind look again at whatever passes by.
      client.connection.publish(`${lockOf(name)}.left`);
    },
    listen(name, wake) {
      const hear = { callback: () => void setTimeout(wake, settling) };
      const bells = [lockOf(name), `${lockOf(name)}.left`].map((subject) =>
        client.connection.subscribe(subject, hear),
      );
      const forget = client.onReturn(wake);
      return () => {
        for (const bell of bells) bell.unsubscribe();
        forget();
      };
    },
  };

  try {
    await client.ask(true, async ({ manager }) => {
      const subjects = [`${root}.lock.*`, `${root}.line.*.*`, `${root}.clock`, `${root}.tickets`];
      const replicas = readReplicas(config);
      try {
        await manager.streams.add({
          name: stream,
          subjects,
          max_msgs_per_subject: 1,
          num_replicas: replicas,
        });
      } catch (error) {
        // It is there with another setup, which is its owner's business.
        if (!isApiError(error, streamExists)) throw error;
      }
    });
  } catch (error) {
    client.release();
    throw error;
  }

  return {
    async acquire(name, ttl, wait, signal) {
      const found = await take(name, ttl, '');
      if ('token' in found) return found;
      return wait > 0 ? waitInLine(line, name, ttl, wait, signal) : undefined;
    },
    async renew(name, token, ttl) {
      const expires = Math.floor(Date.now() + ttl);
      await replace(name, token, { ttl: Math.ceil(ttl), token: String(token) });
      return { token, expires };
    },
    release: (name, token) => replace(name, token, { ttl: 0 }),
    async ping() {
      await client.ask(false, ({ connection }) => connection.flush());
    },
    close: () => client.release(),
  };
}
