/**
 * What every backend of messaging promises, as checks that any test runner can run: each is a name and a function that
 * fails by throwing. Features that a backend declares are checked; those that it does not declare must be refused.
 *
 * ```ts
 * for (const { name, run } of messagingConformance({ open, features })) test(name, run);
 * ```
 * @module
 */
import { randomBytes } from 'node:crypto';
import { refuses, selectChecks, type Check } from '../core/check.ts';
import { broadcastChecks } from './conformance/broadcast.ts';
import type { CheckDefinition, CheckTools, MessagingTarget, RefusalDefinition } from './conformance/check.ts';
import { deadChecks } from './conformance/dead.ts';
import { durableChecks } from './conformance/durable.ts';
import { orderChecks } from './conformance/order.ts';
import { publishChecks } from './conformance/publish.ts';
import { publishOptionChecks } from './conformance/publish-options.ts';
import { receiveChecks } from './conformance/receive.ts';
import { requestChecks } from './conformance/request.ts';
import type { Messaging } from './contract.ts';
import { largestBody } from './validate.ts';

export type { MessagingTarget } from './conformance/check.ts';

const checks: readonly CheckDefinition[] = [
  ...publishChecks,
  ...publishOptionChecks,
  ...receiveChecks,
  ...orderChecks,
  ...deadChecks,
  ...broadcastChecks,
  ...requestChecks,
  ...durableChecks,
];

const openOne = ({ open }: CheckTools) => open();
const body = Buffer.from('body');

const refusals: readonly RefusalDefinition[] = [
  refuses('groups', openOne, {
    publish: (messages: Messaging) => messages.publish('a', body),
    subscribe: (messages: Messaging) => messages.subscribe('group', ['a']),
    unsubscribe: (messages: Messaging) => messages.unsubscribe('group'),
    groups: (messages: Messaging) => messages.groups(),
    receive: (messages: Messaging) => messages.receive('group'),
    ack: (messages: Messaging) => messages.ack(['1.a']),
    nack: (messages: Messaging) => messages.nack('1.a'),
    dead: (messages: Messaging) => messages.dead('1.a', 'reason'),
    extend: (messages: Messaging) => messages.extend(['1.a']),
    release: (messages: Messaging) => messages.release(['1.a']),
  }),
  refuses('delay', openOne, {
    publish: (messages: Messaging) => messages.publish('a', body, { delay: 10 }),
  }),
  refuses('publish-once', openOne, {
    publish: (messages: Messaging) => messages.publish('a', body, { id: '1' }),
  }),
  refuses('dead-letters', openOne, {
    count: (messages: Messaging) => messages.count('group'),
    deadLetters: (messages: Messaging) => messages.deadLetters('group'),
    redrive: (messages: Messaging) => messages.redrive('group'),
    purge: (messages: Messaging) => messages.purge('group'),
  }),
  refuses('broadcast', openOne, {
    broadcast: (messages: Messaging) => messages.broadcast('a', body),
    listen: (messages: Messaging) => messages.listen(['a']),
  }),
  refuses('request', openOne, {
    request: (messages: Messaging) => messages.request('a', body, { wait: 10 }),
    reply: (messages: Messaging) => messages.reply('1.a', body),
  }),
];

/** The checks for a backend. They share no data, so they may run in any order, or at once. */
export function messagingConformance(target: MessagingTarget): Check[] {
  return selectChecks(checks, refusals, target.features, (run) => runCheck(target, run));
}

async function runCheck(target: MessagingTarget, run: CheckDefinition['run']): Promise<void> {
  const id = randomBytes(6).toString('hex');
  const opened: Messaging[] = [];
  const tools: CheckTools = {
    features: target.features,
    largest: target.largestBody ?? largestBody,
    async open(config = {}, suffix = 'main') {
      const messages = await target.open(`check-${id}-${suffix}`, config);
      opened.push(messages);
      return messages;
    },
    async restart() {
      for (const messages of opened.splice(0)) await messages.close();
      await target.restart?.();
    },
  };
  try {
    await run(tools);
  } finally {
    for (const messages of opened) await clean(target, messages);
  }
}

/** Leaves nothing on a server that others use too. A check that failed has its error already. */
async function clean({ features }: MessagingTarget, messages: Messaging): Promise<void> {
  try {
    for (const { name } of features.has('groups') ? await messages.groups() : [])
      await messages.unsubscribe(name);
  } catch {
    // A mutilated backend may not even clean up; a queue refuses to.
  }
  await messages.close();
}
