import type { StoredMsg } from '@nats-io/jetstream';
import type { NatsClient } from '../../../clients/nats.ts';
import { failAfterWrite } from '../../core/error.ts';
import type { DeadLetter, DeadLetterPage } from '../contract.ts';
import { brokenCursor } from '../validate.ts';
import type { Layout } from './nats-layout.ts';
import { readMeta, toMessage } from './nats-message.ts';

export interface DeadLetters {
  list(group: string, cursor: string | undefined, limit: number): Promise<DeadLetterPage>;
  count(group: string): Promise<number>;
  /** Takes them away, each after `before` is done with it. `ids` absent: all. @returns how many */
  take(
    group: string,
    ids: readonly string[] | undefined,
    before?: (letter: DeadLetter) => Promise<void>,
  ): Promise<number>;
}

export function openDeadLetters(client: NatsClient, { dead, deadOf }: Layout): DeadLetters {
  /** The first from a number on, as who leads the stream has it: with replicas any other may lag behind. */
  function next(group: string, from: number): Promise<StoredMsg | null> {
    const query = { seq: from, next_by_subj: deadOf(group) };
    return client.ask(false, ({ manager }) => manager.streams.getMessage(dead, query));
  }

  function read({ header, data, seq, time }: StoredMsg): DeadLetter {
    const meta = readMeta(header, '', String(seq));
    const { attempts = 0, reason = '', at = time.getTime() } = meta.dead ?? {};
    return { ...toMessage(meta, data), attempts, reason, at };
  }

  return {
    async list(group, cursor, limit) {
      if (cursor !== undefined && !/^[1-9]\d{0,14}$/.test(cursor)) throw brokenCursor();
      const letters: DeadLetter[] = [];
      let found = await next(group, Number(cursor ?? 1));
      for (; found !== null && letters.length < limit; found = await next(group, found.seq + 1))
        letters.push(read(found));
      return found === null ? { letters } : { letters, cursor: String(found.seq) };
    },
    async count(group) {
      const subject = deadOf(group);
      const { state } = await client.ask(false, ({ manager }) =>
        manager.streams.info(dead, { subjects_filter: subject }),
      );
      return Number(state.subjects?.[subject] ?? 0);
    },
    async take(group, ids, before) {
      const wanted = ids && new Set(ids);
      let taken = 0;
      let written = false;
      for (let found = await next(group, 1); found !== null; found = await next(group, found.seq + 1)) {
        const letter = read(found);
        if (wanted?.has(letter.id) === false) continue;
        const { seq } = found;
        try {
          await before?.(letter);
          written ||= before !== undefined;
          if (await client.ask(true, ({ manager }) => manager.streams.deleteMessage(dead, seq, false)))
            taken++;
          written = true;
        } catch (error) {
          if (written) failAfterWrite(error);
          throw error;
        }
      }
      return taken;
    },
  };
}
