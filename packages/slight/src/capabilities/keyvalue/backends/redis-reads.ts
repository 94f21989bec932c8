import { gather, type Asked } from '../../../clients/gather.ts';
import type { RedisClient } from '../../../clients/redis.ts';
import { CapabilityError } from '../../core/error.ts';

type Found = Buffer | undefined;
type Reads = readonly Asked<string, Found>[];

/** Reads of keys as they are called on the server. */
export interface RedisReads {
  /** What `GET` answers. Those of one turn of the event loop share a command. */
  get(key: string): Promise<Found>;
  /** What `MGET` answers: a key that holds another type counts as absent. */
  getMany(keys: readonly string[]): Promise<Found[]>;
}

export function makeReads(client: RedisClient): RedisReads {
  /** The keys of a cluster lie in different slots, which no single command may ask for. */
  let oneCommand = true;

  async function readOne(key: string): Promise<Found> {
    return ((await client.send('GET', [key])) as Buffer | null) ?? undefined;
  }

  async function getMany(keys: readonly string[]): Promise<Found[]> {
    if (keys.length === 0) return [];
    if (!oneCommand) return Promise.all(keys.map(readOne));
    try {
      const values = (await client.send('MGET', keys)) as (Buffer | null)[];
      return values.map((value) => value ?? undefined);
    } catch (error) {
      if (!(error instanceof CapabilityError) || error.detail !== 'CROSSSLOT') throw error;
      oneCommand = false;
      return getMany(keys);
    }
  }

  function readEach(asked: Reads): void {
    for (const { question, resolve, reject } of asked) readOne(question).then(resolve, reject);
  }

  async function readTogether(asked: Reads): Promise<void> {
    let left = asked;
    try {
      const values = await getMany(keysOf(asked));
      asked.forEach(({ resolve }, index) => {
        if (values[index] !== undefined) resolve(values[index]);
      });
      left = asked.filter((_, index) => values[index] === undefined);
      if (left.length === 0) return;
      // `GET` refuses a key that holds another type, of which `MGET` says nothing.
      if (oneCommand && (await client.send('EXISTS', keysOf(left))) === 0)
        for (const { resolve } of left) resolve(undefined);
      else readEach(left);
    } catch (error) {
      // The user may have the right to `GET` alone, or to some of the keys.
      if (error instanceof CapabilityError && error.detail === 'NOPERM') return readEach(left);
      for (const { reject } of left) reject(error);
    }
  }

  return {
    get: gather((asked: Reads) => {
      if (asked.length > 1 && oneCommand) void readTogether(asked);
      else readEach(asked);
    }).ask,
    getMany,
  };
}

const keysOf = (asked: Reads): string[] => asked.map(({ question }) => question);
