import type { LogLevel, Subscription } from '../slightfile/model.ts';
import { endsWithin, pause } from './clock.ts';
import type { MessageBatch, MessageDelivery, Verdict } from './event.ts';
import { isInnocent } from './fates.ts';
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
  /** Who shares the messages: the subscription's own group, or that of a queue. */
  readonly group: string;
  /** Deliveries until a message goes to the dead letters. */
  readonly attempts: number;
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
  const { subscription, group, attempts, share, say } = options;
  const title = `subscription ${subscription.name}`;
  const closed = new AbortController();
  const closing = new Promise<void>((resolve) => closed.signal.addEventListener('abort', () => resolve()));
  const giveUp = new AbortController();
  const working = new Set<Promise<void>>();
  let source: MessageSource | undefined;
  /** Sources from which nothing came any more, while the app works on what they gave. */
  const former = new Set<MessageSource>();

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
        if (source !== undefined) retire(source);
        source = undefined;
        rest = Math.min(longestPause, Math.max(firstPause, rest * 2));
        await pause(rest, closed.signal);
      }
    }
  }

  /** What the app works on stays its own until it is answered. */
  function retire(old: MessageSource): void {
    former.add(old);
    void Promise.allSettled(working).then(async () => {
      if (former.delete(old)) await old.close('untouched').catch(() => undefined);
    });
  }

  function begin(from: MessageSource, deliveries: readonly SourceDelivery[]): void {
    const work = handle(from, deliveries).finally(() => working.delete(work));
    working.add(work);
  }

  async function handle(from: MessageSource, deliveries: readonly SourceDelivery[]): Promise<void> {
    const receipts = deliveries.map(({ receipt }) => receipt);
    const leave = await share.take(closed.signal);
    try {
      if (leave === undefined) {
        await settle('release', receipts, () => from.release(receipts));
        return;
      }
      const verdicts = await options.run(
        { subscription: subscription.name, deliveries: deliveries.map(toDelivery) },
        giveUp.signal,
      );
      await answer(from, deliveries, verdicts);
    } catch (error) {
      const { reason } = error as { readonly reason?: string };
      if (isInnocent(reason)) await settle('release', receipts, () => from.release(receipts));
      else await Promise.all(deliveries.map((each) => nack(from, each)));
    } finally {
      leave?.();
    }
  }

  async function answer(
    from: MessageSource,
    deliveries: readonly SourceDelivery[],
    verdicts: readonly Verdict[],
  ): Promise<void> {
    const done = deliveries.flatMap((delivery, index) =>
      isAck(delivery, verdicts[index]!) ? [delivery.receipt] : [],
    );
    const acked = done.length > 0 ? [settle('ack', done, () => from.ack(done))] : [];
    const others = deliveries.map((delivery, index) => {
      const { receipt } = delivery;
      const verdict = verdicts[index]!;
      switch (verdict.kind) {
        case 'ack':
          return undefined;
        case 'reply':
          if (isAck(delivery, verdict)) return undefined;
          return settle('reply', [receipt], () => from.reply(receipt, verdict.body));
        case 'dead':
          return bury(from, delivery, verdict.reason);
        case 'nack':
          return nack(from, delivery, verdict.delay);
      }
    });
    await Promise.all([...acked, ...others]);
  }

  async function bury(from: MessageSource, delivery: SourceDelivery, reason: string): Promise<void> {
    const { receipt } = delivery;
    if (await settle('dead', [receipt], () => from.dead(receipt, reason))) sayDead(delivery, reason);
  }

  async function nack(from: MessageSource, delivery: SourceDelivery, delay?: number): Promise<void> {
    const { receipt, attempt } = delivery;
    const told = await settle('nack', [receipt], () =>
      from.nack(receipt, delay === undefined ? {} : { delay }),
    );
    if (told && attempt >= attempts) sayDead(delivery, `not done after ${attempt} attempts`);
  }

  function sayDead({ id }: SourceDelivery, reason: string): void {
    const look = `slight messages peek ${quoteWord(subscription.messaging)} ${group}`;
    say(
      'warn',
      `${title}: the message ${JSON.stringify(id)} is a dead letter now (${JSON.stringify(reason)}): ${look}`,
    );
  }

  /** Whether it was told. What cannot be told to the source comes again by itself, when its lease ends. */
  async function settle(
    outcome: MessageOutcome,
    receipts: readonly string[],
    tell: () => MaybePromise<void>,
  ): Promise<boolean> {
    try {
      await tell();
      options.count?.(outcome, receipts.length);
      return true;
    } catch (error) {
      options.count?.('lost', receipts.length);
      say('warn', `${title}: a message may come again (${outcome}): ${(error as Error).message}`);
      return false;
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
      const left = [...former, ...(source === undefined ? [] : [source])];
      former.clear();
      await Promise.all(left.map((each) => each.close('untouched')));
    },
  };
}

/** Whether it is done, and nobody is to hear more: also a reply that nobody waits for. */
function isAck({ wantsReply }: SourceDelivery, { kind }: Verdict): boolean {
  return kind === 'ack' || (kind === 'reply' && !wantsReply);
}

/** A word of a command line, in quotation marks where it is more than one. */
function quoteWord(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function toDelivery({ id, topic, attempt, key, headers, body, wantsReply }: SourceDelivery): MessageDelivery {
  return { id, topic, attempt, key, headers, body, wantsReply };
}
