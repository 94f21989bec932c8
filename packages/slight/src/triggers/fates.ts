import type { MessageDelivery, Verdict } from './event.ts';

/** What becomes of the messages of one call: how many are done, come again, and go to the dead letters. */
export interface Fates {
  readonly done: number;
  readonly again: number;
  readonly dead: number;
}

/** Why a call did not come to its end, of which its messages are not the cause: they come again, uncounted. */
export function isInnocent(reason: string | undefined): boolean {
  return reason === 'busy' || reason === 'cancelled';
}

/**
 * What becomes of messages by the app's verdicts, or after a failure of that reason.
 * @param attempts - deliveries until a message goes to the dead letters
 */
export function foreseeFates(
  deliveries: readonly Pick<MessageDelivery, 'attempt'>[],
  attempts: number,
  answer: readonly Verdict[] | { readonly reason: string },
): Fates {
  const fates = { done: 0, again: 0, dead: 0 };
  deliveries.forEach(({ attempt }, index) => {
    if ('reason' in answer && isInnocent(answer.reason)) fates.again++;
    else fates[fateOf('reason' in answer ? 'nack' : answer[index]!.kind, attempt >= attempts)]++;
  });
  return fates;
}

function fateOf(verdict: Verdict['kind'], isLast: boolean): keyof Fates {
  switch (verdict) {
    case 'ack':
    case 'reply':
      return 'done';
    case 'nack':
      return isLast ? 'dead' : 'again';
    case 'dead':
      return 'dead';
  }
}

/** The worst of them, in the word for a verdict: `ok` where all are done. */
export function nameFates({ again, dead }: Fates): 'ok' | 'nack' | 'dead' {
  if (dead > 0) return 'dead';
  return again > 0 ? 'nack' : 'ok';
}

/** In words; undefined where all are done. */
export function describeFates({ done, again, dead }: Fates): string | undefined {
  const all = done + again + dead;
  const say = (count: number, one: string, many: string) => {
    if (count === 0) return [];
    if (all === 1) return [one];
    return [`${count} of ${all} ${count === 1 ? one : many}`];
  };
  const parts = [
    ...say(again, 'comes again', 'come again'),
    ...say(dead, 'goes to the dead letters', 'go to the dead letters'),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}
