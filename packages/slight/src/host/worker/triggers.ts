import { randomUUID } from 'node:crypto';
import { CapabilityError } from '../../capabilities/core/error.ts';
import type { KeyValue } from '../../capabilities/keyvalue/contract.ts';
import type { Locks } from '../../capabilities/locks/contract.ts';
import { awaitLead } from '../../capabilities/locks/leader.ts';
import type { Messaging } from '../../capabilities/messaging/contract.ts';
import { queueGroup } from '../../capabilities/messaging/portable.ts';
import { readSettings } from '../../capabilities/messaging/settings.ts';
import { openSubscription } from '../../capabilities/messaging/subscription.ts';
import { tellChange, tellMessages, tellSchedule } from '../../dialects/spiderlightning/index.ts';
import type { Schedule, Slightfile, Subscription, Watch } from '../../slightfile/model.ts';
import type { EventHead } from '../../telemetry/watch.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { systemClock } from '../../triggers/clock.ts';
import type { MessageDelivery } from '../../triggers/event.ts';
import { foreseeFates } from '../../triggers/fates.ts';
import type { MessageSource } from '../../triggers/messages.ts';
import type { Following } from '../../triggers/schedule.ts';
import { createShare } from '../../triggers/share.ts';
import type { Share } from '../../triggers/share.ts';
import type { Timetable } from '../../triggers/timetable.ts';
import type { App } from './app.ts';
import type { Log } from '../log/log.ts';

/** What runs the app besides requests, in one worker. */
export interface Triggers {
  /** Begins with what is done once on each host. Whoever did it before has, until `since` (milliseconds since 1970). */
  lead(since: number): void;
  /** Begins nothing more; what is under way has `bound` milliseconds. */
  close(bound: number): Promise<void>;
}

/** What triggers are made of. */
interface Around {
  readonly app: App;
  readonly file: Slightfile;
  readonly log: Log;
  readonly telemetry: Telemetry | undefined;
}

/**
 * Begins to bring messages, and makes ready what begins with `lead`. Loaded only by apps that have triggers.
 * @param listens - whether the app answers requests, for which half of its instances are kept free
 * @throws {StartError} for times that cannot be @throws {CapabilityError} for groups that cannot be had
 */
export async function openTriggers(around: Around, listens: boolean): Promise<Triggers> {
  const { file } = around;
  const { instances } = file.limits;
  const share = createShare(listens ? Math.max(1, Math.floor(instances / 2)) : instances);
  const once = await Promise.all([
    ...file.schedule.map((schedule) => prepareSchedule(schedule, around)),
    ...file.watch.map((watch) => prepareWatch(watch, around)),
  ]);
  const following: Following[] = [];
  for (const subscription of file.subscription)
    following.push(await beginSubscription(subscription, share, around));
  let closed = false;
  return {
    lead(since) {
      if (!closed) following.push(...once.map((begin) => begin(since)));
    },
    async close(bound) {
      closed = true;
      await Promise.all(following.map((each) => each.close(bound)));
    },
  };
}

/** Begins, where whoever did it before has until `since`. */
type Begin = (since: number) => Following;

async function prepareSchedule(schedule: Schedule, { app, file, log }: Around): Promise<Begin> {
  const { createTimetable } = await import('../../triggers/timetable.ts');
  const { followSchedule } = await import('../../triggers/schedule.ts');
  const timetable: Timetable = createTimetable(schedule, file);
  const { leader } = schedule;
  const locks = leader === undefined ? undefined : ((await app.open('locks', leader)) as Locks);
  return (since) =>
    followSchedule({
      schedule,
      timetable,
      clock: systemClock,
      since,
      say: (level, message) => log.host(level, message),
      ...(locks && {
        async lead(signal) {
          const lease = await awaitLead(locks, `schedule/${schedule.name}`, signal);
          return { lost: lease.lost, release: async () => lease.drop() };
        },
      }),
      run: (event, signal) => {
        const id = randomUUID();
        return app.run(
          { trigger: 'schedule', name: schedule.name, id },
          (instance, options) => tellSchedule(instance, { ...event, id }, options),
          signal,
        );
      },
    });
}

async function prepareWatch(watch: Watch, { app, file, log }: Around): Promise<Begin> {
  const { followWatch } = await import('../../triggers/watch.ts');
  const { name, store, prefix, key } = watch;
  const opened = (await app.open('keyvalue', store)) as KeyValue;
  const open = () => opened.watch(key === undefined ? { prefix } : { key });
  // A backend that cannot tell of changes is known at the start.
  await orLater(file, async () => (await open()).close());
  return () =>
    followWatch({
      watch,
      open,
      say: (level, message) => log.host(level, message),
      run: (event, signal) => {
        const id = randomUUID();
        return app.run(
          { trigger: 'watch', name, id },
          (instance, options) => tellChange(instance, { ...event, id }, options),
          signal,
        );
      },
    });
}

/** Undefined where it failed, and may go better in an app that starts degraded. */
async function orLater<T>(file: Slightfile, open: () => Promise<T>): Promise<T | undefined> {
  try {
    return await open();
  } catch (error) {
    if (file.app.start === 'degraded' && error instanceof CapabilityError && error.retryable)
      return undefined;
    throw error;
  }
}

async function beginSubscription(
  subscription: Subscription,
  share: Share,
  { app, file, log, telemetry }: Around,
): Promise<Following> {
  const { followMessages } = await import('../../triggers/messages.ts');
  const { name, messaging: bind, topics } = subscription;
  const isQueue = file.messaging?.[bind]?.config.queue === true;
  const messaging = (await app.open('messaging', bind)) as Messaging;
  const group = isQueue ? queueGroup : subscription.group;
  const { attempts } = readSettings(file.messaging?.[bind]?.config ?? {});

  async function open(): Promise<MessageSource> {
    if (!isQueue) await messaging.subscribe(group, topics);
    return openSubscription(messaging, group);
  }

  // What cannot be had is known at the start; what is only away may come later.
  let first = await orLater(file, open);
  return followMessages({
    subscription,
    group,
    attempts,
    share,
    open() {
      const opened = first ?? open();
      first = undefined;
      return opened;
    },
    say: (level, message) => log.host(level, message),
    count: (outcome, messages) => telemetry?.countMessages(name, outcome, messages),
    run(batch, signal) {
      const id = randomUUID();
      const [only, ...others] = batch.deliveries;
      const messages = batch.deliveries.length;
      const trace = only !== undefined && others.length === 0 ? traceOf(only.headers) : {};
      return app.run(
        { trigger: 'subscription', name, id, messages, ...trace },
        (instance, options, passOn) => {
          const deliveries = batch.deliveries.map((delivery) => ({
            ...delivery,
            headers: passOn(delivery.headers.map(([header, value]) => [header, value])),
          }));
          return tellMessages(instance, { ...batch, deliveries, id }, options);
        },
        signal,
        (answer) => foreseeFates(batch.deliveries, attempts, answer),
      );
    },
  });
}

/** A message goes on with the trace of its publisher; several in one call have none in common. */
function traceOf(headers: MessageDelivery['headers']): Pick<EventHead, 'traceparent' | 'tracestate'> {
  const find = (name: string) => headers.find(([each]) => each.toLowerCase() === name)?.[1];
  return { traceparent: find('traceparent'), tracestate: find('tracestate') };
}
