import type { Attempt } from './record.ts';

/** What a process says that works on messages. */
export interface MessageAttempt extends Attempt {
  /** Of the messages that it is about. */
  readonly texts?: readonly string[];
  /** Of an answer: when it was asked for the messages that this is about. */
  readonly asked?: number;
}

export type MessageLine =
  | MessageAttempt
  | { readonly handled: readonly string[]; readonly at: number }
  | { readonly heard: string };

export interface Expectation {
  /** Milliseconds. */
  readonly lease: number;
  readonly ordered: boolean;
}

/** Milliseconds by which a backend may end a lease early on its own side. */
const early = 100;

/** What the processes said that goes against the contract, in words, where all that was published has come to rest. */
export function findFaults(lines: readonly MessageLine[], { lease, ordered }: Expectation): string[] {
  const attempts = lines.filter((line) => 'name' in line);
  const handled = listHandled(lines);
  const heard = new Set(lines.map((line) => ('heard' in line ? line.heard : '')));
  const faults: string[] = [];
  /** Acked before by who had it then, for sure or perhaps: a killed server may give it out once more, and need not again. */
  const mayBeAcked = (text: string, before: number): boolean =>
    attempts.some(
      ({ name, texts = [], failure, from }) =>
        name === 'ack' && from < before && failure?.outcome !== 'none' && texts.includes(text),
    );
  for (const { name, texts = [], failure, from, until, asked = 0 } of attempts) {
    const none = failure?.outcome === 'none';
    for (const text of texts) {
      const times = handled.get(text) ?? [];
      if (name === 'publish' && failure === undefined && times.length === 0) faults.push(`lost: ${text}`);
      if (name === 'publish' && none && times.length > 0)
        faults.push(`was not published, and came: ${text}: ${failure.message}`);
      if (name === 'broadcast' && none && heard.has(text))
        faults.push(`was not broadcast, and was heard: ${text}: ${failure.message}`);
      if (
        name === 'ack' &&
        none &&
        isAway(failure) &&
        !times.some((at) => at > from) &&
        !mayBeAcked(text, from)
      )
        faults.push(`was not acked, and did not come again: ${text}: ${failure.message}`);
    }
    if (failure?.code === 'precondition-failed' && until - asked < lease - early)
      faults.push(`${name} after ${Math.round(until - asked)} ms: ${failure.message}`);
  }
  return ordered ? [...faults, ...findDisorder(attempts, handled)] : faults;
}

/** An answer to what is another's by now, which is as it should be: `findFaults` says where it is not. */
export function isLate({ asked, failure }: MessageAttempt): boolean {
  return asked !== undefined && failure?.code === 'precondition-failed';
}

/** When each text was worked on. */
export function listHandled(lines: readonly MessageLine[]): Map<string, readonly number[]> {
  const handled = new Map<string, number[]>();
  for (const line of lines) {
    if (!('handled' in line)) continue;
    for (const text of line.handled) handled.set(text, [...(handled.get(text) ?? []), line.at]);
  }
  return handled;
}

/** Messages that came again although their ack was confirmed: no fault where the server was killed. */
export function countRevenants(lines: readonly MessageLine[]): number {
  const handled = listHandled(lines);
  const acked = lines.flatMap((line) =>
    'name' in line && line.name === 'ack' && !line.failure ? [line] : [],
  );
  const again = acked.flatMap(({ texts = [], until }) =>
    texts.filter((text) => handled.get(text)?.some((at) => at > until)),
  );
  return new Set(again).size;
}

function isAway({ code }: NonNullable<Attempt['failure']>): boolean {
  return code === 'unavailable' || code === 'timeout';
}

/** Of a key (the first word), a confirmed message may come again, but not after a later one was begun. */
function findDisorder(
  attempts: readonly MessageAttempt[],
  handled: ReadonlyMap<string, readonly number[]>,
): string[] {
  const keys = new Map<string, { readonly text: string; readonly i: number; readonly at: number }[]>();
  for (const { name, texts, failure } of attempts) {
    if (name !== 'publish' || failure !== undefined) continue;
    const [text = ''] = texts ?? [];
    const [key = '', i] = text.split(' ');
    const mine = (handled.get(text) ?? []).map((at) => ({ text, i: Number(i), at }));
    keys.set(key, [...(keys.get(key) ?? []), ...mine]);
  }
  return [...keys.values()].flatMap((times) => {
    const sorted = times.toSorted((a, b) => a.at - b.at);
    return sorted.flatMap((each, index) => {
      const before = sorted[index - 1];
      return before !== undefined && before.i > each.i ? [`${each.text} after ${before.text}`] : [];
    });
  });
}
