/**
 * What the build puts between the handlers of an app and the interfaces that it exports for them.
 * @module
 */
import type { Batch, Delivery, Verdict } from 'spiderlightning:cloud/message-handler@0.6.0';
import type { Event as WitScheduleEvent } from 'spiderlightning:cloud/schedule-handler@0.6.0';
import type { Event as WitChangeEvent } from 'spiderlightning:cloud/watch-handler@0.6.0';
import { isClass } from './function-handler.ts';
import type { ChangeHandler, Message, MessageHandler, ScheduleHandler } from './handlers.ts';
import { flushLog, log } from './log.ts';
import { beginServing, endServing } from './phase.ts';
import { inspect } from './platform/inspect.ts';
import { TextDecoder, TextEncoder } from './platform/text.ts';

/** An interface of one function, as an app without the SDK exports it. */
interface Handles<Event, Answer> {
  handle(event: Event): Promise<Answer>;
}

/** Makes the exported interface of `onMessage`, or of an object that has the interface already. */
export function toMessageHandler(own: unknown): Handles<Batch, Verdict[]> {
  const raw = findRaw<Batch, Verdict[]>(own, 'onMessage');
  if (raw !== undefined) return serving(raw);
  const handler = own as MessageHandler;
  return serving(async (batch) => {
    const verdicts: Verdict[] = [];
    // One after the other: those of one key must not overtake each other.
    for (const delivery of batch.deliveries) {
      let verdict: Verdict = { tag: 'ack' };
      const message = show(batch.subscription, delivery, (given) => (verdict = given));
      try {
        await handler(message);
      } catch (error) {
        log('error', `onMessage failed: ${inspect(error)}`, { message: delivery.id });
        verdict = { tag: 'nack', val: null };
      }
      verdicts.push(verdict);
    }
    return verdicts;
  });
}

/** Makes the exported interface of `onSchedule`, or of an object that has the interface already. */
export function toScheduleHandler(own: unknown): Handles<WitScheduleEvent, void> {
  const raw = findRaw<WitScheduleEvent, void>(own, 'onSchedule');
  if (raw !== undefined) return serving(raw);
  const handler = own as ScheduleHandler;
  return serving(({ name, time }) => telling(() => handler({ name, time: new Date(Number(time)) })));
}

/** Makes the exported interface of `onChange`, or of an object that has the interface already. */
export function toWatchHandler(own: unknown): Handles<WitChangeEvent, void> {
  const raw = findRaw<WitChangeEvent, void>(own, 'onChange');
  if (raw !== undefined) return serving(raw);
  const handler = own as ChangeHandler;
  return serving(({ name, store, keys, resync }) => telling(() => handler({ name, store, keys, resync })));
}

/** @throws {TypeError} while the app is built, for what is neither a function nor the interface */
function findRaw<Event, Answer>(own: unknown, name: string): ((event: Event) => Promise<Answer>) | undefined {
  if (typeof own === 'function' && !isClass(own)) return undefined;
  const { handle } = (own ?? {}) as Partial<Handles<Event, Answer>>;
  if (typeof handle === 'function') return (event) => handle.call(own, event);
  throw new TypeError(
    `the app's export ${name} is no function; write \`export async function ${name}(event) { … }\``,
  );
}

function serving<Event, Answer>(handle: (event: Event) => Promise<Answer>): Handles<Event, Answer> {
  return {
    async handle(event) {
      beginServing();
      flushLog();
      try {
        return await handle(event);
      } finally {
        endServing();
      }
    },
  };
}

/** What a handler throws is for the host to log: with the stack, which is known here. */
async function telling(call: () => void | Promise<void>): Promise<void> {
  try {
    await call();
  } catch (error) {
    // The error of a result.
    throw inspect(error).toWellFormed();
  }
}

function show(subscription: string, delivery: Delivery, decide: (verdict: Verdict) => void): Message {
  const { id, topic, attempt, key, headers, body } = delivery;
  const text = () => new TextDecoder().decode(body);
  return {
    id,
    topic,
    subscription,
    attempt,
    key: key ?? undefined,
    headers,
    header: (name) => headers.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1],
    body,
    text,
    json: <T>() => JSON.parse(text()) as T,
    wantsReply: delivery.wantsReply,
    reply: (answer) => decide({ tag: 'reply', val: toBytes(answer) }),
    nack(delayMs) {
      // The interface has 32 bits for it: 49 days.
      if (delayMs !== undefined && !(delayMs >= 0 && delayMs < 2 ** 32))
        throw new RangeError(`a delay has 0 to ${2 ** 32 - 1} milliseconds, not ${delayMs}`);
      decide({ tag: 'nack', val: delayMs === undefined ? null : Math.trunc(delayMs) });
    },
    dead: (reason) => decide({ tag: 'dead', val: reason.toWellFormed() }),
  };
}

function toBytes(body: string | Uint8Array | object): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
}
