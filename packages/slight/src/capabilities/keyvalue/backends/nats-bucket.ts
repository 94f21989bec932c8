import type { NatsClient } from '../../../clients/nats.ts';
import { encodeName, decodeName, isApiError, streamExists } from '../../../clients/nats.ts';

/** A bucket as NATS lays it out: a stream that keeps the last message of each subject. */
export interface Bucket {
  readonly stream: string;
  /** Whether one server has it, which then always knows of the latest write. */
  readonly direct: boolean;
  /** The subject of all keys. */
  readonly all: string;
  subjectOf(key: string): string;
  /** Undefined for the subject of a key that is no UTF-8, or of no key. */
  keyOf(subject: string): string | undefined;
  /** Where the highest token of a lock that a key has seen is kept: in the same stream, beside the keys. */
  fenceOf(key: string, lock: string): string;
}

/**
 * Opens the bucket of a store, and makes it where it is missing: with as many replicas as asked for.
 * @throws {CapabilityError}
 */
export async function openBucket(client: NatsClient, name: string, replicas: number): Promise<Bucket> {
  const bucket = encodeName(name);
  const stream = `KV_${bucket}`;
  const values = `$KV.${bucket}`;
  const fences = `$SLIGHT.fences.${bucket}`;
  const config = await client.ask(true, async ({ manager }) => {
    const wanted = {
      name: stream,
      subjects: [`${values}.>`, `${fences}.>`],
      num_replicas: replicas,
      max_msgs_per_subject: 1,
      allow_direct: true,
      allow_rollup_hdrs: true,
      discard: 'new' as const,
      duplicate_window: 0,
    };
    try {
      return (await manager.streams.add(wanted)).config;
    } catch (error) {
      // It is there with another setup, which is its owner's business, as long as it takes our subjects.
      if (!isApiError(error, streamExists)) throw error;
      const { config: found } = await manager.streams.info(stream);
      if (wanted.subjects.every((subject) => found.subjects.includes(subject))) return found;
      return (
        await manager.streams.update(stream, {
          subjects: [...new Set([...found.subjects, ...wanted.subjects])],
        })
      ).config;
    }
  });
  return {
    stream,
    direct: config.num_replicas === 1 && config.allow_direct,
    all: `${values}.>`,
    subjectOf: (key) => `${values}.${encodeName(key)}`,
    keyOf: (subject) =>
      subject.startsWith(`${values}.`) ? decodeName(subject.slice(values.length + 1)) : undefined,
    fenceOf: (key, lock) => `${fences}.${encodeName(lock)}.${encodeName(key)}`,
  };
}
