import type { LogLevel, Subscription } from '../slightfile/model.ts';
import { endsWithin, pause } from './clock.ts';
import type { MessageBatch, MessageDelivery, Verdict } from './event.ts';
import type { Following } from './schedule.ts';
import type { Share } from './share.ts';

type MaybePromise<T> = T | Promise<T>;

/** A message as the source gives it: to be answered by its receipt. */
export interface SourceDelivery extends Omit<MessageDelivery, 'key'> {
  readonly key?: string;
  readonly receipt: string;
}

/** Where messages come from. It keeps those that it gave from others until they are answered. */
export interface MessageSource {
  receive(options: {
    readonly max: number;
    readonly wait: number;
    readonly signal: AbortSignal;
  }): MaybePromise<readonly SourceDelivery[]>;
  ack(receipts: readonly string[]): MaybePromise<void>;
  nack(receipt: string, options?: { readonly delay?: number }): MaybePromise<void>;
  dead(receipt: string, reason: string): MaybePromise<void>;
  reply(receipt: string, body: Uint8Array): MaybePromise<void>;
  /** Gives them back; the attempt does not count. */
  release(receipts: readonly string[]): MaybePromise<void>;
  /** Gives back what is not answered, and ends. */
  close(how: 'untouched'): Promise<void>;
}

/** What became of messages, for those who count. */
export type MessageOutcome = Verdict['kind'] | 'release' | 'lost';

export interface MessagesOptions {
  readonly subscription: Subscription;
  /** Joins the group. */
  open(): MaybePromise<MessageSource>;
  readonly share: Share;
  /**
   * Calls the app. A failure means that the messages are to come again; one whose `reason` is `busy` or `cancelled`, that the
   * app did not see them or was not let finish, which does not count. The log has it by then.
   */
  run(batch: MessageBatch, signal: AbortSignal): Promise<readonly Verdict[]>;
  /** So many messages came to that end. */
  count?(outcome: MessageOutcome, messages: number): void;
  say(level: LogLevel, message: string): void;
}

/** Milliseconds of one wait for messages. */
const longestWait = 20_000;
/** Milliseconds until the source is asked again after a failure: from the first of these, doubled, to the second. */
const [firstPause, longestPause] = [100, 10_000];
/** Milliseconds that a call which was given up has to end. */
const farewell = 1_000;

/** Brings messages to the app: never more at once than it has instances for, and none once it is closed. */
export function followMessages(options: MessagesOptions): Following {
  const { subscription, share, say } = options;
  const title = `subscription ${subscription.name}`;
  const closed = new AbortController();
  const closing = new Promise<void>((resolve) => closed.signal.addEventListener('abort', () => resolve()));
  const giveUp = new AbortController();
  const working = new Set<Promise<void>>();
  let source: MessageSource | undefined;

  async function receive(): Promise<void> {
    let rest = 0;
    while (!closed.signal.aborted) {
      if (working.size >= subscription.concurrency) {
        await Promise.race([closing, ...working]);
        continue;
      }
      await share.room(closed.signal);
      if (closed.signal.aborted) return;
      try {
        source ??= await options.open();
        const deliveries = await source.receive({
          max: subscription.batch,
          wait: longestWait,
          signal: closed.signal,
        });
        if (rest > 0) say('info', `${title}: messages come again`);
        rest = 0;
        if (deliveries.length > 0) begin(source, deliveries);
        // A source in this process may answer at once, time and again: others must have their turn.
        await new Promise(setImmediate);
      } catch (error) {
        if (closed.signal.aborted) return;
        if (rest === 0) say('error', `${title}: no messages come: ${(error as Error).message}`);
        await source?.close('untouched').catch(() => undefined);
        source = undefined;
        rest = Math.min(longestPause, Math.max(firstPause, rest * 2));
        await pause(rest, closed.signal);
      }
    }
  }

  function begin(from: MessageSource, deliveries: readonly SourceDelivery[]): void {
    const work = handle(from, deliveries).finally(() => working.delete(work));
    working.add(work);
  }

  async function handle(from: MessageSource, deliveries: readonly SourceDelivery[]): Promise<void> {
    const receipts = deliveries.map(({ receipt }) => receipt);
    const leave = await share.take(closed.signal);
    try {
      if (leave === undefined) return await settle('release', receipts, () => from.release(receipts));
      const verdicts = await options.run(
        { subscription: subscription.name, deliveries: deliveries.map(toDelivery) },
        giveUp.signal,
      );
      await answer(from, receipts, verdicts);
    } catch (error) {
      const { reason } = error as { readonly reason?: string };
      if (reason === 'busy' || reason === 'cancelled')
        await settle('release', receipts, () => from.release(receipts));
      else await Promise.all(receipts.map((each) => settle('nack', [each], () => from.nack(each))));
    } finally {
      leave?.();
    }
  }

  async function answer(
    from: MessageSource,
    receipts: readonly string[],
    verdicts: readonly Verdict[],
  ): Promise<void> {
    const done = receipts.filter((_receipt, index) => verdicts[index]!.kind === 'ack');
    const acked = done.length > 0 ? [settle('ack', done, () => from.ack(done))] : [];
    const others = receipts.map((receipt, index) => {
      const verdict = verdicts[index]!;
      switch (verdict.kind) {
        case 'ack':
          return undefined;
        case 'reply':
          return settle('reply', [receipt], () => from.reply(receipt, verdict.body));
        case 'dead':
          return settle('dead', [receipt], () => from.dead(receipt, verdict.reason));
        case 'nack': {
          const { delay } = verdict;
          return settle('nack', [receipt], () => from.nack(receipt, delay === undefined ? {} : { delay }));
        }
      }
    });
    await Promise.all([...acked, ...others]);
  }

  /** What cannot be told to the source comes again by itself, when its lease ends. */
  async function settle(
    outcome: MessageOutcome,
    receipts: readonly string[],
    tell: () => MaybePromise<void>,
  ): Promise<void> {
    try {
      await tell();
      options.count?.(outcome, receipts.length);
    } catch (error) {
      options.count?.('lost', receipts.length);
      say('warn', `${title}: a message may come again (${outcome}): ${(error as Error).message}`);
    }
  }

  const over = receive();
  return {
    async close(bound) {
      closed.abort();
      await over;
      const done = Promise.all(working);
      if (working.size > 0 && !(bound > 0 && (await endsWithin(bound, done)))) {
        giveUp.abort(new Error('the app is shutting down'));
        await endsWithin(farewell, done);
      }
      await source?.close('untouched');
    },
  };
}

function toDelivery({ id, topic, attempt, key, headers, body, wantsReply }: SourceDelivery): MessageDelivery {
  return { id, topic, attempt, key, headers, body, wantsReply };
}
