import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { openDoorbell } from '../../../clients/doorbell.ts';
import { openSqlite as openFile } from '../../../clients/sqlite.ts';
import { defineBackend, type OpenContext } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import type { Messaging, MessagingFeature } from '../contract.ts';
import { readSettings } from '../settings.ts';
import { expiredReceipts } from '../validate.ts';
import { takeWithin } from '../wait.ts';
import { openBroadcasts } from './sqlite-broadcasts.ts';
import { openDeadLetters } from './sqlite-dead-letters.ts';
import { messagingFile } from './sqlite-file.ts';
import { openGroups, reorderGroups } from './sqlite-groups.ts';

/** Keeps messages in one SQLite file of the app's own folder; processes on this machine compete for them. */
export const sqlite = defineBackend<Messaging, MessagingFeature>({
  scheme: 'sqlite',
  capability: 'messaging',
  doc: 'Messages in .slight/messaging.db, written through to the disk; several processes may share it.',
  features: new Set([
    'groups',
    'ordered',
    'delay',
    'publish-once',
    'dead-letters',
    'broadcast',
    'durable',
    'shared',
  ]),
  config: {},
  prepare: true,
  open: openSqlite,
});

async function openSqlite({ name, url, dataDir, timeout, config }: OpenContext): Promise<Messaging> {
  if (/[^/]/.test(url.pathname) || url.host !== '') {
    throw new CapabilityError(
      'invalid-argument',
      'sqlite takes no path: its file is messaging.db in the data folder. Write `sqlite` alone',
    );
  }
  const settings = readSettings(config);
  const ordered = settings.order === 'key';
  const database = await openFile(dataDir, messagingFile, timeout);
  await database.transaction(() => reorderGroups(database, name, ordered));
  const groups = openGroups(database, name, { lease: settings.lease, ordered });
  const dead = openDeadLetters(database, groups);
  const bell = openDoorbell(join(dirname(database.path), 'messaging.bell'));
  const broadcasts = openBroadcasts(database, bell, name);
  const waiting = new Set<() => void>();
  let closed = false;

  /** Work that may bring something to somebody who waits. */
  async function write<T>(work: () => T): Promise<T> {
    const answer = await database.gather(work);
    bell.ring();
    return answer;
  }

  async function settle(
    receipts: readonly string[],
    rings: boolean,
    use: (receipt: string) => boolean,
  ): Promise<void> {
    const work = (): string[] => receipts.filter((receipt) => !use(receipt));
    const expired = await (rings ? write(work) : database.gather(work));
    if (expired.length > 0) throw expiredReceipts(expired);
  }

  return {
    async publish(topic, body, { id: given, delay = 0, headers = [], key } = {}) {
      const id = given ?? randomUUID();
      const message = { id, topic, headers, body, ...(key !== undefined && { key }) };
      const stored = await database.gather((transaction) =>
        given === undefined || groups.remember(given)
          ? groups.add(message, Math.ceil(Date.now() + delay), transaction)
          : 0,
      );
      if (stored > 0) bell.ring();
      return id;
    },
    subscribe: (group, topics) => database.run(() => groups.subscribe(group, topics)),
    unsubscribe: (group) => write(() => groups.unsubscribe(group)),
    groups: () => database.run(() => groups.list()),
    receive(group, { max = 1, wait = 0, signal } = {}) {
      return takeWithin(
        wait,
        {
          take: () => (closed || !groups.hasDue(group) ? [] : database.gather(() => groups.take(group, max))),
          listen(wake) {
            const stop = bell.listen(wake);
            waiting.add(wake);
            return () => {
              stop();
              waiting.delete(wake);
            };
          },
          due: () => (closed ? undefined : groups.nextDue(group)),
          over: () => closed,
        },
        signal,
      );
    },
    // Where messages have an order, an answer lets the next one of its key go.
    ack: (receipts) => settle(receipts, ordered, groups.ack),
    nack: (receipt, { delay = 0 } = {}) =>
      settle([receipt], true, (each) => groups.giveBack(each, delay, true)),
    dead: (receipt, reason) => settle([receipt], ordered, (each) => groups.bury(each, reason)),
    extend: (receipts) => settle(receipts, false, groups.extend),
    release: (receipts) =>
      write(() => {
        for (const receipt of receipts) groups.giveBack(receipt, 0, false);
      }),

    broadcast: broadcasts.send,
    listen: (topics) => database.run(() => broadcasts.listen(topics)),

    request: noRequests,
    reply: noRequests,

    count: (group) => database.run(() => groups.count(group)),
    deadLetters: (group, { cursor, limit = 100 } = {}) => database.run(() => dead.list(group, cursor, limit)),
    redrive: (group, ids) => write(() => dead.redrive(group, ids)),
    purge: (group, ids) => write(() => dead.purge(group, ids)),

    ping: () => database.run(() => void groups.list()),
    close() {
      closed = true;
      broadcasts.close();
      for (const wake of waiting) wake();
      bell.close();
      database.close();
    },
  };
}

/** The feature is not declared, so nobody comes here. */
function noRequests(): never {
  throw new CapabilityError('unsupported', 'this backend has no `request`');
}
