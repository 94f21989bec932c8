import type { MqttClient } from '../../../clients/mqtt.ts';
import { failAfterWrite } from '../../core/error.ts';
import type { DeadLetter, DeadLetterPage } from '../contract.ts';
import { brokenCursor } from '../validate.ts';
import type { Layout } from './mqtt-layout.ts';
import { readMeta, toMessage, unpackBody } from './mqtt-message.ts';

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

export function openDeadLetters(client: MqttClient, layout: Layout): DeadLetters {
  /** All of a group, the oldest first: the server has no other way to ask. */
  async function load(group: string): Promise<DeadLetter[]> {
    const found = new Map<string, DeadLetter>();
    const stop = await client.subscribe(layout.allDead(group), 0, (message) => {
      if (message === undefined) return found.clear();
      const meta = readMeta(message);
      if (meta?.dead === undefined) return void found.delete(message.topic);
      found.set(message.topic, { ...toMessage(meta, unpackBody(message)), ...meta.dead });
    });
    stop();
    return [...found.values()].toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  }

  return {
    async list(group, cursor, limit) {
      const [, at, id = ''] = /^(\d{1,15})\.(.+)$/.exec(cursor ?? '0.-') ?? [];
      if (at === undefined) throw brokenCursor();
      const rest = (await load(group)).filter(
        (each) => each.at > Number(at) || (each.at === Number(at) && each.id > id),
      );
      const letters = rest.slice(0, limit);
      const last = letters.at(-1);
      return rest.length > limit ? { letters, cursor: `${last!.at}.${last!.id}` } : { letters };
    },
    count: async (group) => (await load(group)).length,
    async take(group, ids, before) {
      const wanted = ids && new Set(ids);
      const letters = (await load(group)).filter(({ id }) => wanted?.has(id) ?? true);
      let written = false;
      for (const letter of letters) {
        try {
          await before?.(letter);
          written ||= before !== undefined;
          await client.publish(layout.dead(group, letter.id), '', { qos: 1, retain: true });
          written = true;
        } catch (error) {
          if (written) failAfterWrite(error);
          throw error;
        }
      }
      return letters.length;
    },
  };
}
