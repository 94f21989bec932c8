import { randomUUID } from 'node:crypto';
import { openRedis, readRedisPlace, redisPackage, redisSettings } from '../../../clients/redis.ts';
import { defineBackend, type OpenContext } from '../../core/backend.ts';
import type { Messaging, MessagingFeature } from '../contract.ts';
import { readSettings } from '../settings.ts';
import { expiredReceipts } from '../validate.ts';
import { makeBells } from './redis-bells.ts';
import { openBroadcasts } from './redis-broadcasts.ts';
import { buryScript } from './redis-dead-scripts.ts';
import { openDeadLetters } from './redis-dead-letters.ts';
import { openGroups } from './redis-groups.ts';
import { openHearing } from './redis-hearing.ts';
import { packMessage } from './redis-message.ts';
import { receiveFrom, settleAll, settleOne } from './redis-receipts.ts';
import { openRequests } from './redis-requests.ts';
import { ackScript, extendScript, giveBackScript } from './redis-scripts.ts';

/** Keeps messages on a Redis server, by its clock. Each operation is one script there, so none is ever half done. */
export const redis = defineBackend<Messaging, MessagingFeature>({
  scheme: 'redis',
  capability: 'messaging',
  doc: 'Messages on a Redis server: redis://user:password@host:port/database, rediss:// for TLS; behind sentinels: redis+sentinel://user:password@sentinel:26379,other:26379/0?master=NAME; on a cluster: redis+cluster://user:password@node:6379,other:6379. What was confirmed survives where it has `appendonly yes` and `appendfsync always`; set `maxmemory-policy noeviction`.',
  features: new Set([
    'groups',
    'ordered',
    'delay',
    'publish-once',
    'dead-letters',
    'broadcast',
    'request',
    'durable-server',
    'shared',
  ]),
  config: redisSettings,
  severalHosts: true,
  packages: [redisPackage],
  open: openMessaging,
});

async function openMessaging(context: OpenContext): Promise<Messaging> {
  const { name, timeout, config } = context;
  const place = readRedisPlace(context);
  const { lease, order } = readSettings(config);
  const client = await openRedis(place, timeout);
  // A star would be a pattern where it is listened to.
  const tag = `{${encodeURIComponent(name).replaceAll('*', '%2A')}:messages}`;
  const hearing = openHearing(place, timeout, tag);
  const bells = makeBells(hearing);
  const groups = await openGroups(client, tag, bells.channel, order).catch((error: unknown) => {
    client.release();
    throw error;
  });
  const broadcasts = openBroadcasts(client, hearing);
  const requests = openRequests(groups, hearing, bells);
  let closed = false;

  async function giveBack(receipts: readonly string[], delay: number, uncounted: '0' | '1') {
    const args = (group: string) => [bells.channel(group), String(Math.ceil(delay)), uncounted];
    return settleAll(groups, receipts, giveBackScript, args);
  }

  async function refuseExpired(answered: Promise<string[]>): Promise<void> {
    const expired = await answered;
    if (expired.length > 0) throw expiredReceipts(expired);
  }

  return {
    async publish(topic, body, { id: once, delay = 0, headers = [], key } = {}) {
      const id = once ?? randomUUID();
      const message = packMessage({ id, topic, headers, body, ...(key !== undefined && { key }) });
      await groups.publish(message, { topic, key, delay, once });
      return id;
    },
    subscribe: groups.subscribe,
    unsubscribe: groups.unsubscribe,
    groups: groups.list,
    receive: (group, options) => receiveFrom(groups, bells, group, { ...options, lease, over: () => closed }),
    ack: (receipts) =>
      refuseExpired(settleAll(groups, receipts, ackScript, (group) => [bells.channel(group)])),
    nack: (receipt, { delay = 0 } = {}) => refuseExpired(giveBack([receipt], delay, '0')),
    async dead(receipt, reason) {
      await settleOne(groups, bells, receipt, buryScript, [reason]);
    },
    extend: (receipts) => refuseExpired(settleAll(groups, receipts, extendScript, () => [String(lease)])),
    async release(receipts) {
      await giveBack(receipts, 0, '1');
    },

    broadcast: broadcasts.broadcast,
    listen: broadcasts.listen,

    request: requests.request,
    reply: requests.reply,

    ...openDeadLetters(groups, bells),

    ping: client.ping,
    async close() {
      if (closed) return;
      closed = true;
      bells.wakeAll();
      broadcasts.close();
      requests.close();
      client.release();
      await hearing.close();
    },
  };
}
