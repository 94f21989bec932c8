import { isUtf8 } from 'node:buffer';
import { openLate } from '../../../clients/redis-events.ts';
import type { RedisClient, RedisNode, RedisPlace } from '../../../clients/redis.ts';
import { CapabilityError } from '../../core/error.ts';
import type { Change, KeyValueWatch, WatchTarget } from '../contract.ts';
import { lookAtPending, makePending, watchBy } from '../watch.ts';
import { locate, matchKey, matchPrefix } from './redis-keys.ts';
import { versionScript } from './redis-scripts.ts';

/** The watches of one store, with the connection on which they hear of changes: it is made for the first of them. */
export interface RedisWatches {
  begin(target: WatchTarget): Promise<KeyValueWatch>;
  close(): void;
}

/** @param prefix what stands before the keys of the store */
export function openWatches(
  client: RedisClient,
  place: RedisPlace,
  timeout: number,
  prefix: string,
): RedisWatches {
  const late = openLate(place, timeout, undefined);

  /** An event says that something happened to a key; what is there now is asked for when it is told. */
  async function describe(key: string): Promise<Change> {
    const { value, version } = locate(prefix, key);
    const found = (await client.run(versionScript, [value, version], [])) as Buffer | null;
    if (found === null) return { key, change: 'delete' };
    return found.length === 0 ? { key, change: 'set' } : { key, change: 'set', version: found.toString() };
  }

  return {
    async begin(target) {
      await Promise.all((await client.nodes()).map(checkEvents));
      const events = await late.open();
      const pending = makePending();
      let wake: () => void = () => undefined;
      const end = await events.listen(
        'key' in target ? matchKey(prefix + target.key) : matchPrefix(prefix + target.prefix),
        (found) => {
          // A key that is no UTF-8 was written by another program, and no guest could ask for it.
          if (!isUtf8(found)) return;
          pending.add({ key: found.toString().slice(prefix.length), change: 'set' });
          wake();
        },
        () => {
          pending.lose();
          wake();
        },
      );
      return watchBy(lookAtPending(pending, describe), (ring) => {
        wake = ring;
        return end;
      });
    },
    close: () => void late.close(),
  };
}

/**
 * A server sends events of keys only where it was told to.
 * @throws {CapabilityError} `unsupported`
 */
async function checkEvents(node: RedisNode): Promise<void> {
  const flags = await readFlags(node);
  if (flags.includes('K') && (flags.includes('A') || ['g', '$', 'x'].every((flag) => flags.includes(flag)))) {
    return;
  }
  throw new CapabilityError(
    'unsupported',
    'the server sends no events of keys, so nothing can be watched. Turn them on: notify-keyspace-events KA in redis.conf, ' +
      'or CONFIG SET notify-keyspace-events KA',
  );
}

async function readFlags(node: RedisNode): Promise<string> {
  try {
    const answer = (await node.send('CONFIG', ['GET', 'notify-keyspace-events'])) as Buffer[];
    return answer[1]?.toString() ?? '';
  } catch (error) {
    // A user without the right to ask, or a server that knows no CONFIG.
    if (error instanceof CapabilityError && typeof error.detail === 'string') {
      throw new CapabilityError(
        'unsupported',
        `whether the server sends events of keys cannot be seen, so nothing can be watched: ${error.message}`,
        { cause: error },
      );
    }
    throw error;
  }
}
