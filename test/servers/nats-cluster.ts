import { startNats, type NatsServer } from './nats.ts';
import { findFreePort, waitUntil } from './process.ts';
import type { TestServer } from './server.ts';

/** Three nats-servers with JetStream that are one cluster: what is kept by all three outlives any one of them. */
export interface NatsCluster {
  /** As a slightfile binds it: all of them. */
  readonly url: string;
  readonly nodes: readonly NatsServer[];
  /** Who leads a stream now, as most of them say: what is written goes through it. Undefined while nobody does. */
  leaderOf(stream: string): Promise<NatsServer | undefined>;
  /** Ends all of them without warning and starts them again. */
  restart(): Promise<void>;
  /** Whether each of them has all that it keeps, and all know who leads. */
  settled(): Promise<boolean>;
  stop(): Promise<void>;
}

interface Found {
  readonly server: { readonly name: string };
  readonly meta_cluster?: { readonly leader?: string };
  readonly account_details?: readonly {
    readonly stream_detail?: readonly {
      readonly name: string;
      readonly cluster?: { readonly leader?: string };
    }[];
  }[];
}

/** Starts a cluster on loopback, whose servers write to files before they confirm. */
export async function startNatsCluster(): Promise<NatsCluster> {
  const names = ['one', 'two', 'three'];
  const [routes, monitors] = await Promise.all([findPorts(), findPorts()]);
  const others = routes.map((port) => `"nats://127.0.0.1:${port}"`).join(', ');
  const nodes = await Promise.all(
    names.map((name, index) =>
      startNats({
        lines: [
          `server_name: ${name}`,
          `http: "127.0.0.1:${monitors[index]}"`,
          `cluster { name: test, listen: "127.0.0.1:${routes[index]}", routes: [${others}] }`,
        ],
      }),
    ),
  );

  function findPorts(): Promise<number[]> {
    return Promise.all(names.map(findFreePort));
  }

  /** What each that runs says at a path of its monitor. */
  async function look(path: string): Promise<unknown[]> {
    const answers = await Promise.allSettled(
      monitors.map(async (port) => {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(1_000) });
        return (await answer.json()) as unknown;
      }),
    );
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  }

  async function settled(): Promise<boolean> {
    const [health, found] = await Promise.all([look('/healthz'), look('/jsz')]);
    const leaders = new Set((found as Found[]).map(({ meta_cluster: meta }) => meta?.leader ?? ''));
    return (
      health.length === names.length &&
      (health as { status?: string }[]).every(({ status }) => status === 'ok') &&
      leaders.size === 1 &&
      !leaders.has('')
    );
  }

  async function stop(): Promise<void> {
    // Otherwise each would hand over what it leads, one after the other.
    await Promise.all(nodes.map((node) => node.kill()));
    await Promise.all(nodes.map((node) => node.stop()));
  }

  try {
    await waitUntil('the cluster of nats-servers is whole', settled, 30_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `nats://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    nodes,
    async leaderOf(stream) {
      const said = ((await look('/jsz?accounts=true&streams=true')) as Found[]).map(
        ({ account_details: accounts = [] }) =>
          accounts.flatMap(({ stream_detail: streams = [] }) => streams).find(({ name }) => name === stream)
            ?.cluster?.leader ?? '',
      );
      const votes = names.map((name) => said.filter((each) => each === name).length);
      const most = Math.max(...votes);
      return most * 2 > names.length ? nodes[votes.indexOf(most)] : undefined;
    },
    async restart() {
      await Promise.all(nodes.map((node) => node.kill()));
      await Promise.all(nodes.map((node) => node.restart()));
      await waitUntil('the cluster of nats-servers is whole again', settled, 30_000);
    },
    settled,
    stop,
  };
}

/** A cluster as one server that a test may break: what happens to it happens to whoever leads a stream then. */
export interface NatsLeader extends TestServer {
  /** One of those that do not lead it. */
  follower(): Promise<NatsServer>;
}

export async function startNatsLeader(stream: string): Promise<NatsLeader> {
  const cluster = await startNatsCluster();
  let leader = cluster.nodes[0]!;

  async function find(): Promise<NatsServer> {
    await waitUntil(
      `somebody leads ${stream}`,
      async () => {
        const found = await cluster.leaderOf(stream);
        leader = found ?? leader;
        return found !== undefined;
      },
      30_000,
    );
    return leader;
  }
  return {
    port: cluster.nodes[0]!.port,
    url: cluster.url,
    pause: async () => (await find()).pause(),
    resume: () => leader.resume(),
    kill: async () => (await find()).kill(),
    restart: () => leader.restart(),
    async follower() {
      const found = await find();
      return cluster.nodes.find((node) => node !== found)!;
    },
    stop: cluster.stop,
  };
}
