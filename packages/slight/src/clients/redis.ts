import { CapabilityError } from '../capabilities/core/error.ts';
import { connectCluster, countMissing, type RedisCluster } from './redis-cluster.ts';
import { connectRedis, heed, identify, sendOn, type RedisArgument } from './redis-connection.ts';
import { explainRedis } from './redis-error.ts';
import type { RedisPlace } from './redis-place.ts';
import type { RedisScript } from './redis-script.ts';
import { hashedPart, slotOf } from './redis-slot.ts';
import { gatherRuns, type Run } from './redis-together.ts';
import { findNodes } from './redis-nodes.ts';
import { makeShare } from './shared.ts';

export { redisPackage, type RedisArgument } from './redis-connection.ts';
export { defineScript, type RedisScript } from './redis-script.ts';
export { readRedisPlace, redisSettings, type RedisPlace } from './redis-place.ts';

/** A server that takes writes. */
export interface RedisNode {
  /** @throws {CapabilityError} with the outcome `unknown` where the command may have run */
  send(command: string, args: readonly RedisArgument[]): Promise<unknown>;
}

/** A server with some of the keys. */
export interface RedisPart extends RedisNode {
  /** Another text whenever it may have a key that came from another server, or its keys in another order. None where that cannot be known. */
  readonly state: string;
}

/**
 * A connection to a server, or to all of a cluster that take writes. It answers bulk strings as `Buffer`. It keeps nothing for
 * later: while the server cannot be reached, a command fails at once, and what was under way when the connection broke is never
 * sent again.
 */
export interface RedisClient extends RedisNode {
  /** The first of the arguments is the key, by which a cluster knows who has it. */
  send(command: string, args: readonly RedisArgument[]): Promise<unknown>;
  /** Scripts of one turn of the event loop may run one after the other in one step of the server. @throws {CapabilityError} as `send` */
  run(script: RedisScript, keys: readonly string[], args: readonly RedisArgument[]): Promise<unknown>;
  /**
   * All that have keys. They stand in an order in which a key that is on its way comes from one to a later one; for that, one may stand
   * there twice.
   */
  nodes(): Promise<readonly RedisPart[]>;
  /** Whether all of them answer. @throws {CapabilityError} */
  ping(): Promise<void>;
  /** Lets go of it; the last one that does ends the connection. */
  release(): void;
}

/** What a client sends through: one connection, or one to each node of a cluster. */
interface Route {
  /** @throws {Error} of the library, or ours */
  ask(key: string, command: string, args: readonly RedisArgument[]): Promise<unknown>;
  nodes(): Promise<readonly RedisPart[]>;
  ping(): Promise<void>;
  readonly cluster: RedisCluster | undefined;
  /** Hears of an error that stands inside of an answer. */
  heed(error: Error): void;
  disconnect(): void;
}

const sharing = makeShare((route: Route) => route.disconnect());

/**
 * The connection of this process to a place, shared by all that use the same servers, database and credentials. The first sets
 * `timeout`: milliseconds without any answer after which the connection counts as dead.
 * @throws {CapabilityError} `invalid-argument`, `unsupported` (library missing), `unauthenticated`, `unavailable`
 */
export async function openRedis(place: RedisPlace, timeout: number): Promise<RedisClient> {
  return share(place, timeout, makeClient);
}

/** The nodes of a cluster, shared with those who send to them. @throws as `openRedis` */
export async function openCluster(
  place: RedisPlace,
  timeout: number,
): Promise<{ readonly cluster: RedisCluster; readonly leave: () => void }> {
  return share(place, timeout, ({ cluster }, leave) => ({ cluster: cluster!, leave }));
}

function share<Client>(
  place: RedisPlace,
  timeout: number,
  use: (route: Route, leave: () => void) => Client,
): Promise<Client> {
  const connect = place.kind === 'cluster' ? routeToCluster : routeToServer;
  return sharing(JSON.stringify(place), () => connect(place, timeout), use);
}

async function routeToServer(place: RedisPlace, timeout: number): Promise<Route> {
  const connection = await connectRedis(place, timeout);
  const node: RedisNode = {
    send: (command, args) => explaining(async () => sendOn(connection, command, args)),
  };
  return {
    ask: (_, command, args) => sendOn(connection, command, args),
    nodes: async () => [{ ...node, state: await explaining(() => identify(connection)) }],
    async ping() {
      await node.send('PING', []);
    },
    cluster: undefined,
    heed: (error) => heed(connection, error),
    disconnect: () => connection.redis.disconnect(),
  };
}

async function routeToCluster(place: RedisPlace, timeout: number): Promise<Route> {
  const cluster = await explaining(() => connectCluster(place, timeout));

  return {
    ask: (key, command, args) => cluster.ask(slotOf(hashedPart(key)), command, args),
    async nodes() {
      const nodes = await explaining(() => findNodes(cluster));
      return nodes.map(({ address, state }) => ({
        state,
        send: (command, args) => explaining(() => cluster.askNode(address, command, args)),
      }));
    },
    async ping() {
      await explaining(() => cluster.look());
      const missing = countMissing(cluster.view());
      if (missing > 0)
        throw new CapabilityError('unavailable', `no server of the cluster has ${missing} of the slots`);
      await explaining(() =>
        Promise.all(cluster.view().masters.map((address) => cluster.askNode(address, 'PING', []))),
      );
    },
    cluster,
    // A node refuses for another one's sake before it runs anything.
    heed: () => undefined,
    disconnect: () => cluster.disconnect(),
  };
}

async function explaining<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explainRedis(error as Error);
  }
}

function makeClient(route: Route, end: () => void): RedisClient {
  let released = false;

  async function ask(key: string, command: string, args: readonly RedisArgument[]): Promise<unknown> {
    try {
      return await route.ask(key, command, args);
    } catch (error) {
      throw explainRedis(error as Error);
    }
  }

  async function evaluate({ script, keys, args }: Run): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await ask(keys[0]!, 'EVALSHA', [script.sha, ...rest]);
    } catch (error) {
      // A server that was restarted does not know the script; it has run nothing of it.
      if (!(error instanceof CapabilityError) || error.detail !== 'NOSCRIPT') throw error;
      return ask(keys[0]!, 'EVAL', [script.source, ...rest]);
    }
  }

  const runs = gatherRuns(evaluate, explainInside, route.cluster !== undefined);

  function explainInside(error: Error): CapabilityError {
    route.heed(error);
    return explainRedis(error);
  }

  function check(): void {
    if (released) throw new CapabilityError('cancelled', 'the connection was closed');
  }

  return {
    async send(command, args) {
      check();
      // It comes after what was asked for before it.
      runs.leave();
      return ask(String(args[0]), command, args);
    },
    async run(script, keys, args) {
      check();
      return runs.run({ script, keys, args });
    },
    async nodes() {
      check();
      return route.nodes();
    },
    async ping() {
      check();
      await route.ping();
    },
    release() {
      if (released) return;
      released = true;
      // What was asked for is still sent, though nobody may hear the answer.
      runs.leave();
      end();
    },
  };
}
