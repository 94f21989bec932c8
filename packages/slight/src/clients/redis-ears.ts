import { CapabilityError } from '../capabilities/core/error.ts';
import { openCluster } from './redis.ts';
import { openEar, type Ear, type Head } from './redis-ear.ts';
import { readRedisAddress, type RedisPlace } from './redis-place.ts';
import { hashedPart, slotOf } from './redis-slot.ts';

/** Milliseconds between two looks whether other nodes take writes by now. */
const lookEvery = 5_000;
/** Milliseconds until another try, where a node could not be reached. */
const pause = 250;

/**
 * The ears in a cluster. What is published goes to every node, if later than to the first, so one ear hears it: at another node when
 * that one is gone. What happens to a key is told by its own node alone, so there is an ear at each that takes writes.
 * @param near the key at whose node is the one ear; undefined: at each
 * @throws {CapabilityError} as `openRedis`
 */
export async function openEars(
  place: RedisPlace,
  timeout: number,
  head: Head,
  near: string | undefined,
): Promise<Omit<Ear, 'ready'>> {
  const { cluster, leave } = await openCluster(place, timeout);
  const ears = new Map<string, Ear>();
  const every = near === undefined;
  let settling: Promise<void> | undefined;
  let again: NodeJS.Timeout | undefined;
  let over = false;

  async function open(address: string): Promise<void> {
    const ear = await openEar(
      place,
      timeout,
      {
        ...head,
        lose: () => settleSoon(0),
      },
      readRedisAddress(address),
    );
    if (over) ear.close();
    else ears.set(address, ear);
  }

  function drop(address: string): void {
    ears.get(address)!.close();
    ears.delete(address);
  }

  async function settleOnce(): Promise<void> {
    const { masters } = cluster.view();
    for (const [address, ear] of ears) {
      if (!masters.includes(address) || (!every && !ear.ready)) drop(address);
    }
    const missing = masters.filter((address) => !ears.has(address));
    if (every) {
      const failed = (await Promise.allSettled(missing.map(open))).find(
        ({ status }) => status === 'rejected',
      );
      if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
    } else if (ears.size === 0) await openAny(missing);
  }

  /** What is published at another node comes a moment later, and so may what was published before somebody listened. */
  async function openAny(addresses: readonly string[]): Promise<void> {
    const owner = cluster.view().owners[slotOf(hashedPart(near!))];
    let trouble: unknown;
    for (const address of addresses.toSorted((a, b) => Number(b === owner) - Number(a === owner))) {
      try {
        return await open(address);
      } catch (error) {
        trouble = error;
      }
    }
    throw trouble;
  }

  /** What was published or happened before all ears were there is lost. */
  function settle(): Promise<void> {
    settling ??= (async () => {
      const before = new Set(ears.values());
      try {
        await settleOnce();
      } finally {
        settling = undefined;
        if (!over && [...ears.values()].some((ear) => !before.has(ear))) head.regain();
      }
    })();
    return settling;
  }

  function settleSoon(milliseconds: number): void {
    if (over) return;
    clearTimeout(again);
    again = setTimeout(() => {
      // Somebody else may have taken over.
      cluster
        .look()
        .then(settle)
        .then(
          () => [...ears.values()].every(({ ready }) => ready) || settleSoon(pause),
          () => settleSoon(pause),
        );
    }, milliseconds);
  }

  const unhear = cluster.onChange(() => settleSoon(0));
  const looking = setInterval(() => void cluster.look().catch(() => undefined), lookEvery).unref();

  function close(): void {
    over = true;
    unhear();
    clearTimeout(again);
    clearInterval(looking);
    for (const address of ears.keys()) drop(address);
    leave();
  }

  try {
    await settle();
  } catch (error) {
    close();
    throw error;
  }
  return {
    async add(pattern) {
      await settling?.catch(() => undefined);
      if (ears.size === 0) throw new CapabilityError('unavailable', 'no node of the cluster can be heard');
      await Promise.all([...ears.values()].map((ear) => ear.add(pattern)));
    },
    remove(pattern) {
      for (const ear of ears.values()) ear.remove(pattern);
    },
    close,
  };
}
