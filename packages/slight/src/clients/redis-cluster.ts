import { setTimeout as sleep } from 'node:timers/promises';
import { CapabilityError } from '../capabilities/core/error.ts';
import { endBefore } from '../capabilities/core/resilience.ts';
import { openExpected } from './expected-server.ts';
import {
  connectRedis,
  expectedAt,
  identify,
  sendOn,
  type Connection,
  type RedisArgument,
} from './redis-connection.ts';
import { unreachable } from './redis-error.ts';
import { readRedisAddress, type RedisPlace } from './redis-place.ts';
import { slotCount } from './redis-slot.ts';
import { readRedirect, readView, type ClusterView } from './redis-view.ts';

/**
 * The nodes of a cluster that take writes, with one connection to each. What a node refuses because another one has the slot goes
 * there. What may have run is never sent again, and nothing is kept for later.
 */
export interface RedisCluster {
  /**
   * @param slot undefined: it does not matter which node answers
   * @throws {CapabilityError} where nothing was sent
   * @throws {Error} of the library
   */
  ask(slot: number | undefined, command: string, args: readonly RedisArgument[]): Promise<unknown>;
  /** Of one node, by its `host:port`. @throws as `ask` */
  askNode(address: string, command: string, args: readonly RedisArgument[]): Promise<unknown>;
  /** Which process of a node answers. @throws as `ask` */
  identify(address: string): Promise<string>;
  /** What was found last. */
  view(): ClusterView;
  /** Looks which node has what. @throws {CapabilityError} `unavailable` */
  look(): Promise<void>;
  /** Calls back whenever other nodes take writes than before; what it gives ends that. */
  onChange(hear: () => void): () => void;
  disconnect(): void;
}

/** Milliseconds for an answer to the question who has what. */
const longestLook = 1_000;
/** Milliseconds from one such question to the next, while something is wrong. */
const lookEvery = 100;
/** Nodes that are asked at once. */
const askedAtOnce = 3;
/** From one node to the next, without a pause. */
const mostRedirects = 8;
/** Milliseconds until what waits for its keys is sent again. */
const longestWait = 200;

/** @throws {CapabilityError} `invalid-argument`, `unsupported` (library missing), `unauthenticated`, `unavailable` */
export async function connectCluster(place: RedisPlace, timeout: number): Promise<RedisCluster> {
  const seeds = place.addresses.map(({ host, port }) => `${host}:${port}`);
  const nodes = new Map<string, Promise<Connection>>();
  /** When the last command that was sent to a node will have been answered, or given up. */
  const busyUntil = new Map<string, number>();
  const longestCommand = timeout + 500;
  const hearers = new Set<() => void>();
  let view: ClusterView = { owners: [], masters: [], name: '' };
  let looking: Promise<void> | undefined;
  let lookedAt = 0;
  let planned: NodeJS.Timeout | undefined;
  let dropping: NodeJS.Timeout | undefined;
  let over = false;

  function connect(address: string): Promise<Connection> {
    const known = nodes.get(address);
    if (known !== undefined) return known;
    if (over) return Promise.reject(new CapabilityError('cancelled', 'the connection was closed'));
    const made = connectRedis(place, timeout, readRedisAddress(address));
    nodes.set(address, made);
    made.catch(() => nodes.get(address) === made && forget(address));
    return made;
  }

  function drop(address: string): void {
    nodes
      .get(address)
      ?.then(({ redis }) => redis.disconnect())
      .catch(() => undefined);
    forget(address);
  }

  function forget(address: string): void {
    nodes.delete(address);
    busyUntil.delete(address);
  }

  /** Those that take no writes by now, or not yet, once nothing can be under way there. */
  function dropOthers(): void {
    clearTimeout(dropping);
    const others = [...nodes.keys()].filter((address) => !view.masters.includes(address));
    for (const address of others) if (performance.now() > (busyUntil.get(address) ?? 0)) drop(address);
    if (others.some((address) => nodes.has(address)))
      dropping = setTimeout(dropOthers, longestCommand).unref();
  }

  async function lookAt(address: string): Promise<ClusterView> {
    const connection = await connect(address);
    const answer = endBefore(longestLook, sendOn(connection, 'CLUSTER', ['SLOTS']), 'reads');
    const found = readView(await answer, address);
    // It was taken out of the cluster, or has never been in one.
    if (found.masters.length === 0) throw new CapabilityError('unavailable', 'the node knows no other');
    return found;
  }

  async function lookOnce(): Promise<void> {
    const known = shuffle(view.masters);
    const [few, rest] = [known.slice(0, askedAtOnce), [...known.slice(askedAtOnce), ...seeds]];
    let found: ClusterView;
    try {
      found = await Promise.any(few.map(lookAt)).catch(() => Promise.any(rest.map(lookAt)));
    } catch (error) {
      throw firstReason(error as AggregateError);
    } finally {
      lookedAt = performance.now();
    }
    if (over) return;
    const changed = found.name !== view.name;
    view = found;
    dropOthers();
    if (changed) for (const hear of hearers) hear();
  }

  function look(): Promise<void> {
    looking ??= lookOnce().finally(() => (looking = undefined));
    return looking;
  }

  /** Something is not where it was thought to be. */
  function lookSoon(): void {
    if (planned !== undefined || looking !== undefined || over) return;
    planned = setTimeout(
      () => {
        planned = undefined;
        look().catch(() => undefined);
      },
      Math.max(0, lookedAt + lookEvery - performance.now()),
    );
  }

  async function askNode(
    address: string,
    command: string,
    args: readonly RedisArgument[],
    asking = false,
  ): Promise<unknown> {
    busyUntil.set(address, performance.now() + longestCommand);
    try {
      return await sendOn(await connect(address), command, args, asking);
    } catch (error) {
      // A node that refuses is where it was thought to be.
      if ((error as Error).name !== 'ReplyError' || /^(CLUSTERDOWN|MOVED)/.test((error as Error).message))
        lookSoon();
      throw error;
    }
  }

  async function ask(
    slot: number | undefined,
    command: string,
    args: readonly RedisArgument[],
  ): Promise<unknown> {
    const ownerOf = () => (slot === undefined ? shuffle(view.masters)[0] : view.owners[slot]);
    const patience = performance.now() + timeout / 2;
    let address = ownerOf();
    let asking = false;
    let redirects = 0;
    let waits = 0;
    for (;;) {
      if (address === undefined) {
        lookSoon();
        throw new CapabilityError('unavailable', 'no server of the cluster has the slot of this key');
      }
      try {
        return await askNode(address, command, args, asking);
      } catch (error) {
        const redirect = readRedirect(error as Error, address);
        if (redirect === undefined) throw error;
        asking = redirect.kind === 'ask';
        if (redirect.kind === 'wait') {
          // It has some of the keys, and another node the rest.
          if (performance.now() > patience) throw error;
          await sleep(Math.min(10 * 2 ** waits++, longestWait));
          redirects = 0;
          address = ownerOf();
          continue;
        }
        if (++redirects > mostRedirects) {
          lookSoon();
          throw new CapabilityError(
            'unavailable',
            'the nodes of the cluster do not agree who has the slot of this key',
          );
        }
        address = redirect.address;
        if (redirect.kind === 'moved' && slot !== undefined) view.owners[slot] = address;
      }
    }
  }

  function disconnect(): void {
    over = true;
    clearTimeout(planned);
    clearTimeout(dropping);
    for (const address of nodes.keys()) drop(address);
  }

  try {
    await openExpected(expectedAt(place), look);
  } catch (error) {
    disconnect();
    throw error;
  }
  return {
    ask,
    askNode,
    identify: async (address) => identify(await connect(address)),
    view: () => view,
    look,
    onChange(hear) {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    disconnect,
  };
}

function shuffle<T>(items: readonly T[]): T[] {
  return items
    .map((item) => [Math.random(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item);
}

/** That one refused us says more than that others cannot be reached. */
function firstReason({ errors }: AggregateError): Error {
  const refused = errors.find(
    (error) => error instanceof CapabilityError && error.code !== 'unavailable' && error.code !== 'timeout',
  );
  if (refused !== undefined) return refused as Error;
  const reply = errors.find((error: Error) => error.name === 'ReplyError') as Error | undefined;
  if (reply?.message.includes('cluster support disabled'))
    return new CapabilityError('invalid-argument', 'the server is no cluster: let the bind begin with redis');
  return (reply ?? unreachable(errors[0] as Error)) as Error;
}

/** Slots that no node has. */
export function countMissing({ owners }: ClusterView): number {
  return slotCount - Object.keys(owners).length;
}
