import type { CallOptions, Instance } from '@spiderlightning/component';
import { EventError } from '../../triggers/event.ts';
import type { ChangeEvent, MessageBatch, ScheduleEvent, Verdict } from '../../triggers/event.ts';

/** What an app exports that does something at certain times. */
export const scheduleHandler = 'spiderlightning:cloud/schedule-handler@0.6.0';
/** What it exports to hear of changes of a store. */
export const watchHandler = 'spiderlightning:cloud/watch-handler@0.6.0';
/** What it exports to work on messages. */
export const messageHandler = 'spiderlightning:cloud/message-handler@0.6.0';
/** What it exports to be run as a program. */
export const commandHandler = 'spiderlightning:cloud/command-handler@0.6.0';

type Answer = { readonly tag: 'ok'; readonly val?: unknown } | { readonly tag: 'err'; readonly val: string };

type WitVerdict =
  | { readonly tag: 'ack' }
  | { readonly tag: 'reply'; readonly val: Uint8Array }
  | { readonly tag: 'nack'; readonly val: number | undefined }
  | { readonly tag: 'dead'; readonly val: string };

/** @throws {Trap} @throws {EventError} */
export async function tellSchedule(
  instance: Instance,
  event: ScheduleEvent & { readonly id: string },
  options: CallOptions,
): Promise<void> {
  await call(instance, `${scheduleHandler}#handle`, { ...event, time: BigInt(event.time) }, options);
}

/** @throws {Trap} @throws {EventError} */
export async function tellChange(
  instance: Instance,
  event: ChangeEvent & { readonly id: string },
  options: CallOptions,
): Promise<void> {
  await call(instance, `${watchHandler}#handle`, event, options);
}

/**
 * The verdicts of the app, one for each message.
 * @throws {Trap} @throws {EventError}
 */
export async function tellMessages(
  instance: Instance,
  batch: MessageBatch & { readonly id: string },
  options: CallOptions,
): Promise<Verdict[]> {
  const verdicts = (await call(instance, `${messageHandler}#handle`, batch, options)) as WitVerdict[];
  const { length } = batch.deliveries;
  if (verdicts.length !== length) {
    throw new EventError(
      `the app gave ${verdicts.length} verdicts on ${length} messages: one for each is needed`,
    );
  }
  return verdicts.map(liftVerdict);
}

function liftVerdict(verdict: WitVerdict): Verdict {
  switch (verdict.tag) {
    case 'ack':
      return { kind: 'ack' };
    case 'reply':
      return { kind: 'reply', body: verdict.val };
    case 'nack':
      return { kind: 'nack', delay: verdict.val };
    case 'dead':
      return { kind: 'dead', reason: verdict.val };
  }
}

/**
 * The exit code of a command.
 * @throws {Trap} @throws {EventError} with what the app said went wrong
 */
export async function runCommand(
  instance: Instance,
  args: readonly string[],
  options: CallOptions,
): Promise<number> {
  return (await call(instance, `${commandHandler}#run`, args, options)) as number;
}

async function call(
  instance: Instance,
  name: string,
  argument: unknown,
  options: CallOptions,
): Promise<unknown> {
  const answer = (await instance.call(name, [argument], options)) as Answer;
  if (answer.tag === 'err') throw new EventError(answer.val);
  return answer.val;
}
