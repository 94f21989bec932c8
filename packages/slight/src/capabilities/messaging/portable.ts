import type { MaybePromise } from '../core/backend.ts';
import { CapabilityError } from '../core/error.ts';
import { openInTime } from '../core/in-time.ts';
import { portableTools, type PortableOptions, type PortableTools } from '../core/portable.ts';
import type { Delivery, Listener, Messaging, MessagingFeature, ReceiveOptions } from './contract.ts';
import { openReceipt, sealReceipt, withReceipts } from './receipt.ts';
import { readSettings, type MessagingSettings } from './settings.ts';
import {
  boundCount,
  checkBody,
  checkDelay,
  checkGroup,
  checkHeaders,
  checkMany,
  checkOptions,
  checkPatterns,
  checkTopic,
  checkWait,
} from './validate.ts';

/** Milliseconds. Whoever asks for more is answered early. */
const longestWait = 60_000;
const mostReceived = 1_000;
const longestReason = 1_000;
/** Milliseconds. */
const longestBackoff = 5 * 60_000;
/** The one group of a queue. */
export const queueGroup = 'queue';

type Tools = PortableTools<MessagingFeature>;

/**
 * What every backend of messaging needs alike, round one of them: checks, deadlines, what is `unsupported`, when a message
 * is tried again, when it goes to the dead letter, and the group of a queue.
 */
export function portableMessaging(
  backend: Messaging,
  options: PortableOptions<MessagingFeature>,
): MaybePromise<Messaging> {
  const settings = readSettings(options.config ?? {});
  const tools = portableTools(backend, options);
  const messaging = {
    ...portableGroups(backend, tools, settings),
    ...portableReceipts(backend, tools, settings, options.timeout),
    ...portableBroadcast(backend, tools, options.timeout),
    ...portableDeadLetters(backend, tools),
    ...tools.opened,
  };
  if (!settings.queue) return messaging;
  const made = tools.run(
    'subscribe',
    'idempotent',
    () => tools.need('groups'),
    () => backend.subscribe(queueGroup, ['>']),
  );
  return made instanceof Promise ? made.then(() => messaging) : messaging;
}

function portableGroups(
  backend: Messaging,
  { run, need }: Tools,
  { queue }: MessagingSettings,
): Pick<Messaging, 'publish' | 'subscribe' | 'unsubscribe' | 'groups'> {
  function checkOwn(group: string): void {
    need('groups');
    checkGroup(group);
    if (queue)
      throw new CapabilityError(
        'precondition-failed',
        `it is a queue, whose one group is "${queueGroup}". Bind a name without \`queue = true\` for groups of the app's own`,
      );
  }
  return {
    publish: (topic, body, how = {}) =>
      run(
        'publish',
        how.id === undefined ? 'writes-once' : 'idempotent',
        () => {
          need('groups');
          if (how.delay !== undefined) need('delay');
          if (how.id !== undefined) need('publish-once');
          checkTopic(topic);
          checkBody(body);
          checkOptions(how);
        },
        () => backend.publish(topic, body, how),
      ),
    subscribe: (group, topics) =>
      run(
        'subscribe',
        'idempotent',
        () => {
          checkOwn(group);
          checkPatterns(topics);
        },
        () => backend.subscribe(group, topics),
      ),
    unsubscribe: (group) =>
      run(
        'unsubscribe',
        'idempotent',
        () => checkOwn(group),
        () => backend.unsubscribe(group),
      ),
    groups: () =>
      run(
        'groups',
        'reads',
        () => need('groups'),
        () => backend.groups(),
      ),
  };
}

function portableReceipts(
  backend: Messaging,
  { run, need }: Tools,
  { attempts, backoff }: MessagingSettings,
  timeout: number,
): Pick<Messaging, 'receive' | 'ack' | 'nack' | 'dead' | 'extend' | 'release' | 'request' | 'reply'> {
  /** Until there is one that may still be tried, or the time is over. */
  function receive(group: string, end: number, how: ReceiveOptions): MaybePromise<readonly Delivery[]> {
    const received = backend.receive(group, { ...how, wait: Math.max(0, end - performance.now()) });
    return received instanceof Promise
      ? received.then((deliveries) =>
          performance.now() < end + timeout ? sortOut(group, end, how, deliveries) : giveBack(deliveries),
        )
      : sortOut(group, end, how, received);
  }

  /** What comes when nobody waits any more, from a server that was silent, must not be kept for a lease. */
  async function giveBack(deliveries: readonly Delivery[]): Promise<never> {
    if (deliveries.length > 0) await backend.release(deliveries.map(({ receipt }) => receipt));
    throw new CapabilityError('timeout', 'no answer within the deadline');
  }

  function sortOut(
    group: string,
    end: number,
    how: ReceiveOptions,
    deliveries: readonly Delivery[],
  ): MaybePromise<readonly Delivery[]> {
    const most = how.attempts ?? attempts;
    const spent = deliveries.filter(({ attempt }) => attempt > most);
    if (spent.length === 0) return deliveries.map(sealReceipt);
    const good = deliveries.filter((delivery) => !spent.includes(delivery)).map(sealReceipt);
    return bury(spent, most, good.length > 0).then(() => {
      const over = performance.now() >= end || how.signal?.aborted === true;
      return good.length > 0 || over ? good : receive(group, end, how);
    });
  }

  /** On arrival, so that also a message which kills the process that handles it comes to rest. */
  async function bury(spent: readonly Delivery[], most: number, others: boolean): Promise<void> {
    const reason = `not done after ${most === 1 ? 'one attempt' : `${most} attempts`}`;
    const results = await Promise.allSettled(spent.map(async ({ receipt }) => backend.dead(receipt, reason)));
    for (const result of results) {
      // Those that are good must reach their consumer; a spent one that could not be buried comes again.
      if (result.status === 'rejected' && !others && !isExpired(result.reason)) throw result.reason;
    }
  }

  function settle(
    operation: 'ack' | 'extend',
    effect: 'idempotent' | 'writes',
    receipts: readonly string[],
  ): MaybePromise<void> {
    return run(
      operation,
      effect,
      () => {
        need('groups');
        checkMany('receipts', receipts);
      },
      () => withReceipts(receipts, (own) => backend[operation](own)),
    );
  }

  return {
    receive(group, { wait = 0, ...given } = {}) {
      const most = Math.min(wait, longestWait);
      const end = performance.now() + most;
      const how = { ...given, max: boundCount(given.max, 1, mostReceived) };
      return run(
        'receive',
        'reads',
        () => {
          need('groups');
          checkGroup(group);
          checkWait(wait);
        },
        () => receive(group, end, how),
        most + timeout,
      );
    },
    ack: (receipts) => settle('ack', 'writes', receipts),
    extend: (receipts) => settle('extend', 'idempotent', receipts),
    release: (receipts) =>
      run(
        'release',
        'writes',
        () => {
          need('groups');
          checkMany('receipts', receipts);
        },
        () => backend.release(receipts.flatMap((receipt) => openReceipt(receipt)?.own ?? [])),
      ),
    nack: (receipt, { delay } = {}) =>
      run(
        'nack',
        'writes-once',
        () => {
          need('groups');
          if (delay !== undefined) checkDelay(delay);
        },
        () => {
          const attempt = openReceipt(receipt)?.attempt ?? 1;
          const pause = delay ?? Math.min(backoff * 2 ** (attempt - 1), longestBackoff);
          return withReceipts([receipt], ([own]) => backend.nack(own!, { delay: pause }));
        },
      ),
    dead: (receipt, reason) =>
      run(
        'dead',
        'writes',
        () => need('groups'),
        () => withReceipts([receipt], ([own]) => backend.dead(own!, reason.slice(0, longestReason))),
      ),
    request: (topic, body, how) =>
      run(
        'request',
        'writes-once',
        () => {
          need('request');
          checkTopic(topic);
          checkBody(body);
          checkHeaders(how.headers);
          checkWait(how.wait);
        },
        () => backend.request(topic, body, { ...how, wait: Math.min(how.wait, longestWait) }),
        Math.min(how.wait, longestWait) + timeout,
      ),
    reply: (receipt, body, headers) =>
      run(
        'reply',
        'writes',
        () => {
          need('request');
          checkBody(body);
          checkHeaders(headers);
        },
        () => withReceipts([receipt], ([own]) => backend.reply(own!, body, headers)),
      ),
  };
}

function isExpired(error: unknown): boolean {
  return error instanceof CapabilityError && error.code === 'precondition-failed';
}

function portableBroadcast(
  backend: Messaging,
  { run, need }: Tools,
  timeout: number,
): Pick<Messaging, 'broadcast' | 'listen'> {
  function portableListener(listener: Listener): Listener {
    let closed = false;
    return {
      next(max, wait) {
        const most = Math.min(wait, longestWait);
        return run(
          'listen',
          'reads',
          () => {
            if (closed) throw new CapabilityError('cancelled', 'the listener is closed. Begin another one');
            checkWait(wait);
          },
          () => listener.next(boundCount(max, 1, mostReceived), most),
          most + timeout,
        );
      },
      close() {
        closed = true;
        listener.close();
      },
    };
  }
  return {
    broadcast: (topic, body, headers) =>
      run(
        'broadcast',
        'writes-once',
        () => {
          need('broadcast');
          checkTopic(topic);
          checkBody(body);
          checkHeaders(headers);
        },
        () => backend.broadcast(topic, body, headers),
      ),
    listen(topics) {
      const check = (): void => {
        need('broadcast');
        checkPatterns(topics);
      };
      const listener = openInTime<Listener>(
        (open) => run('listen', 'reads', check, open),
        () => backend.listen(topics),
        (late) => late.close(),
      );
      return listener instanceof Promise ? listener.then(portableListener) : portableListener(listener);
    },
  };
}

function portableDeadLetters(
  backend: Messaging,
  { run, need }: Tools,
): Pick<Messaging, 'count' | 'deadLetters' | 'redrive' | 'purge'> {
  function check(group: string, ids: readonly string[] = []): void {
    need('dead-letters');
    checkGroup(group);
    checkMany('ids', ids);
  }
  return {
    count: (group) =>
      run(
        'count',
        'reads',
        () => check(group),
        () => backend.count(group),
      ),
    deadLetters: (group, { cursor, limit } = {}) =>
      run(
        'dead-letters',
        'reads',
        () => check(group),
        () =>
          backend.deadLetters(group, {
            limit: boundCount(limit, 100, 1_000),
            ...(cursor !== undefined && { cursor }),
          }),
      ),
    redrive: (group, ids) =>
      run(
        'redrive',
        'writes',
        () => check(group, ids),
        () => backend.redrive(group, ids),
      ),
    purge: (group, ids) =>
      run(
        'purge',
        'writes',
        () => check(group, ids),
        () => backend.purge(group, ids),
      ),
  };
}
