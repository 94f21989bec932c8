import type { MqttClient } from '../../../clients/mqtt.ts';
import { failAfterWrite, finishAll } from '../../core/error.ts';
import type { Group } from '../contract.ts';
import { matchesAny } from '../topics.ts';
import { noGroup } from '../validate.ts';
import type { Layout } from './mqtt-layout.ts';
import { readJson } from './mqtt-message.ts';

/** The groups of a name, as the server tells of them. */
export interface Groups {
  list(): Group[];
  has(group: string): boolean;
  /** @throws {CapabilityError} `not-found` */
  find(group: string): Promise<void>;
  save(group: string, topics: readonly string[]): Promise<void>;
  remove(group: string): Promise<void>;
  /**
   * Writes for each group that has a topic, and once more for those that were made meanwhile. The server tells of a group before it
   * confirms what it got later: so when all is confirmed, every group that existed then has it.
   * @returns how many
   */
  forEach(topic: string, write: (group: string) => Promise<void>): Promise<number>;
  close(): void;
}

/** @param changed called when a group has come or gone */
export async function openGroups(client: MqttClient, layout: Layout, changed: () => void): Promise<Groups> {
  const known = new Map<string, readonly string[]>();
  const close = await client.subscribe(layout.groups, 1, (message) => {
    if (message === undefined) return known.clear();
    const name = message.topic.slice(layout.groups.length);
    const topics = readJson<string[]>(message);
    if (topics === undefined) known.delete(name);
    else known.set(name, topics);
    changed();
  });

  return {
    close,
    list: () => Array.from(known, ([name, topics]) => ({ name, topics })),
    has: (group) => known.has(group),
    async find(group) {
      if (known.has(group)) return;
      // Another process may have made it just now.
      await client.flush();
      if (!known.has(group)) throw noGroup(group);
    },
    async save(group, topics) {
      await client.publish(layout.group(group), JSON.stringify(topics), { qos: 1, retain: true });
      await client.flush().catch(failAfterWrite);
      known.set(group, topics);
    },
    async remove(group) {
      await client.publish(layout.group(group), '', { qos: 1, retain: true });
      known.delete(group);
    },
    async forEach(topic, write) {
      const done = new Set<string>();
      const missing = (): string[] =>
        [...known].flatMap(([name, topics]) => (!done.has(name) && matchesAny(topics, topic) ? [name] : []));
      let next = missing();
      do {
        try {
          await finishAll(next.map(write));
          for (const name of next) done.add(name);
          await client.flush();
        } catch (error) {
          if (done.size > 0) failAfterWrite(error);
          throw error;
        }
        next = missing();
      } while (next.length > 0);
      return done.size;
    },
  };
}
