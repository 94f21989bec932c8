import type { RedisClient } from '../../../clients/redis.ts';
import { CapabilityError } from '../../core/error.ts';

type Found = Buffer | undefined;

interface Waiting {
  readonly key: string;
  readonly resolve: (value: Found) => void;
  readonly reject: (error: unknown) => void;
}

/** So many keys in one command: the server works on some while others are still being asked for. */
const mostTogether = 32;

/** Reads of keys as they are called on the server. */
export interface RedisReads {
  /** What `GET` answers. Those of one turn of the event loop share a command: with many guests most of what one costs. */
  get(key: string): Promise<Found>;
  /** What `MGET` answers: a key that holds another type counts as absent. */
  getMany(keys: readonly string[]): Promise<Found[]>;
}

export function makeReads(client: RedisClient): RedisReads {
  /** The keys of a cluster lie in different slots, which no single command may ask for. */
  let oneCommand = true;
  let waiting: Waiting[] = [];

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

  function leave(): void {
    const gathered = waiting;
    waiting = [];
    if (gathered.length > 1 && oneCommand) void readTogether(gathered);
    else readEach(gathered);
  }

  function readEach(asked: readonly Waiting[]): void {
    for (const { key, resolve, reject } of asked) readOne(key).then(resolve, reject);
  }

  async function readTogether(asked: readonly Waiting[]): Promise<void> {
    try {
      const values = await getMany(keysOf(asked));
      asked.forEach(({ resolve }, index) => {
        if (values[index] !== undefined) resolve(values[index]);
      });
      const absent = asked.filter((_, index) => values[index] === undefined);
      if (absent.length === 0) return;
      // `GET` refuses a key that holds another type, of which `MGET` says nothing.
      if (oneCommand && (await client.send('EXISTS', keysOf(absent))) === 0)
        for (const { resolve } of absent) resolve(undefined);
      else readEach(absent);
    } catch (error) {
      // Who has an answer already hears nothing of it.
      for (const { reject } of asked) reject(error);
    }
  }

  return {
    get: (key) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) process.nextTick(leave);
        waiting.push({ key, resolve, reject });
        if (waiting.length >= mostTogether) leave();
      }),
    getMany,
  };
}

const keysOf = (asked: readonly Waiting[]): string[] => asked.map(({ key }) => key);
