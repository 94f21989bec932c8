import type { Counts, DeadLetter, Messaging } from '../contract.ts';
import { brokenCursor, noGroup } from '../validate.ts';
import type { Bells } from './redis-bells.ts';
import type { RedisGroups } from './redis-groups.ts';
import { unpackMessage } from './redis-message.ts';
import { countScript, deadAtOnce, deadLettersScript, exhumeScript } from './redis-dead-scripts.ts';

export function openDeadLetters(
  groups: RedisGroups,
  bells: Bells,
): Pick<Messaging, 'count' | 'deadLetters' | 'redrive' | 'purge'> {
  /** Takes letters out: those with these ids, or all that are there now. */
  async function exhume(
    group: string,
    again: '0' | '1',
    ids: readonly string[] | undefined,
  ): Promise<number> {
    const last = ids === undefined ? (await lookAt(group))[3].toString() : '';
    for (let count = 0; ;) {
      const args = [group, bells.channel(group), again, last, ...(ids ?? [])];
      const some = (await groups.run(exhumeScript, group, args)) as number | null;
      if (some === null) throw noGroup(group);
      count += some;
      if (ids !== undefined || some < deadAtOnce) return count;
    }
  }

  async function lookAt(
    group: string,
  ): Promise<[waiting: number, leased: number, dead: number, last: Buffer]> {
    const answer = await groups.run(countScript, group, [group]);
    if (answer === null) throw noGroup(group);
    return answer as [number, number, number, Buffer];
  }

  return {
    async count(group): Promise<Counts> {
      const [waiting, leased, dead] = await lookAt(group);
      return { waiting, leased, dead };
    },
    async deadLetters(group, { cursor = '0', limit = 100 } = {}) {
      if (!/^\d{1,15}$/.test(cursor)) throw brokenCursor();
      const answer = await groups.run(deadLettersScript, group, [group, cursor, String(limit)]);
      if (answer === null) throw noGroup(group);
      const [more, ...rest] = answer as [number, ...Buffer[]];
      const letters: DeadLetter[] = [];
      for (let i = 0; i < rest.length; i += 3) {
        const [attempts, at, reason] = /^(\d+) (\d+) (.*)$/s.exec(rest[i + 1]!.toString())!.slice(1);
        const { message } = unpackMessage(rest[i + 2]!);
        letters.push({ ...message, attempts: Number(attempts), reason: reason!, at: Number(at) });
      }
      return more === 1 && letters.length > 0 ? { letters, cursor: rest.at(-3)!.toString() } : { letters };
    },
    redrive: (group, ids) => exhume(group, '1', ids),
    purge: (group, ids) => exhume(group, '0', ids),
  };
}
