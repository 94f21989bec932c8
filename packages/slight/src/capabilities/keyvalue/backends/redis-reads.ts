import { gather, type Asked } from '../../../clients/gather.ts';
import type { RedisClient } from '../../../clients/redis.ts';
import { CapabilityError } from '../../core/error.ts';
import { checkTotal } from '../many.ts';
import { makePace } from './redis-pace.ts';

type Found = Buffer | undefined;
type Reads = readonly Asked<string, Found>[];

/** Reads of keys as they are called on the server. */
export interface RedisReads {
  /** What `GET` answers. Those of one turn of the event loop share a command, as long as values are small. */
  get(key: string): Promise<Found>;
  /** What `MGET` answers: a key that holds another type counts as absent. Large values come one command after the other. */
  getMany(keys: readonly string[]): Promise<Found[]>;
}

/** @param timeout milliseconds that a read has */
export function makeReads(client: RedisClient, timeout: number): RedisReads {
  /** The keys of a cluster lie in different slots, which no single command may ask for. */
  let oneCommand = true;

  async function readOne(key: string): Promise<Found> {
    const value = ((await client.send('GET', [key])) as Buffer | null) ?? undefined;
    pace.note(value);
    return value;
  }

  /** As `MGET` does: a key that holds another type counts as absent. */
  async function readLoosely(key: string): Promise<Found> {
    try {
      return await readOne(key);
    } catch (error) {
      if (error instanceof CapabilityError && error.detail === 'WRONGTYPE') return undefined;
      throw error;
    }
  }

  async function readMany(keys: readonly string[]): Promise<Found[]> {
    if (!oneCommand) return Promise.all(keys.map(readLoosely));
    try {
      const values = (await client.send('MGET', keys)) as (Buffer | null)[];
      for (const value of values) pace.note(value ?? undefined);
      return values.map((value) => value ?? undefined);
    } catch (error) {
      if (!(error instanceof CapabilityError) || error.detail !== 'CROSSSLOT') throw error;
      oneCommand = false;
      return readMany(keys);
    }
  }

  async function getMany(keys: readonly string[]): Promise<Found[]> {
    const values: Found[] = [];
    let bytes = 0;
    while (values.length < keys.length) {
      // What is too much must not be in memory first.
      const some = await readMany(keys.slice(values.length, values.length + pace.fitting));
      for (const value of some) bytes += value?.byteLength ?? 0;
      checkTotal(bytes);
      values.push(...some);
    }
    return values;
  }

  const readAsked = ({ question, resolve, reject }: Reads[number]): Promise<void> =>
    readOne(question).then(resolve, reject);

  function readEach(asked: Reads): Promise<unknown> {
    return asked.length === 1 ? readAsked(asked[0]!) : Promise.all(asked.map(readAsked));
  }

  async function readTogether(asked: Reads): Promise<void> {
    let left = asked;
    try {
      const values = await readMany(keysOf(asked));
      asked.forEach(({ resolve }, index) => {
        if (values[index] !== undefined) resolve(values[index]);
      });
      left = asked.filter((_, index) => values[index] === undefined);
      if (left.length === 0) return;
      // `GET` refuses a key that holds another type, of which `MGET` says nothing.
      if (oneCommand && (await client.send('EXISTS', keysOf(left))) === 0)
        for (const { resolve } of left) resolve(undefined);
      else await readEach(left);
    } catch (error) {
      // The user may have the right to `GET` alone, or to some of the keys.
      if (error instanceof CapabilityError && error.detail === 'NOPERM') await readEach(left);
      else for (const { reject } of left) reject(error);
    }
  }

  const pace = makePace(
    (asked) => (asked.length > 1 && oneCommand ? readTogether(asked) : readEach(asked)),
    timeout,
  );

  return {
    get: gather(pace.go).ask,
    getMany,
  };
}

const keysOf = (asked: Reads): string[] => asked.map(({ question }) => question);
