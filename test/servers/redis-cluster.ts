import { startRedis, type RedisServer } from './redis.ts';
import { waitUntil } from './process.ts';

/** Redis servers that are one cluster: three that take writes, and a replica of each. */
export interface RedisCluster {
  /** As a slightfile binds it: three of its nodes. */
  readonly url: string;
  /** The first three were the ones that take writes when it was made; those that came later stand at the end. */
  readonly nodes: readonly RedisServer[];
  /** Has another node join, which has no slots yet. */
  addNode(): Promise<RedisServer>;
  /** Who takes writes to a slot now, as most of the others see it. */
  ownerOf(slot: number): Promise<RedisServer>;
  /**
   * Makes a slot another node's, with all that is in it, as `redis-cli --cluster reshard` does.
   * @param between called after each key
   */
  moveSlot(slot: number, to: RedisServer, between?: () => Promise<unknown>): Promise<void>;
  /** Ends all of them without warning and starts them again. */
  restart(): Promise<void>;
  /** Whether every node sees all slots served, and every replica follows. */
  settled(): Promise<boolean>;
  stop(): Promise<void>;
}

export interface RedisClusterOptions {
  readonly password?: string;
  /** Milliseconds after which a node that says nothing is taken for dead. */
  readonly patience?: number;
  /** As on the command line of each. */
  readonly settings?: readonly string[];
}

const slots = 16_384;

/** Starts a cluster on loopback, each of whose nodes has written each change to the disk before it answers. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const { password, patience = 1_000 } = options;
  const settings = [...(options.settings ?? []), '--cluster-node-timeout', String(patience)];
  const startNode = () =>
    startRedis({ cluster: 'member', settings, ...(password !== undefined && { password }) });
  const nodes = await Promise.all(Array.from({ length: 6 }, startNode));
  const masters = nodes.slice(0, 3);
  const idOf = async (node: RedisServer) => /[0-9a-f]{40}/.exec(await node.ask('CLUSTER MYID'))![0];

  async function make(): Promise<void> {
    const [first] = nodes;
    for (const [index, node] of nodes.entries()) {
      await node.ask(`CLUSTER SET-CONFIG-EPOCH ${index + 1}`);
      await node.ask(`CLUSTER MEET 127.0.0.1 ${first!.port} ${first!.busPort}`);
    }
    await Promise.all(
      masters.map((node, index) => {
        const [from, to] = [index, index + 1].map((each) => Math.ceil((slots * each) / 3));
        return node.ask(`CLUSTER ADDSLOTSRANGE ${from} ${to! - 1}`);
      }),
    );
    const ids = await Promise.all(masters.map(idOf));
    await Promise.all(
      nodes.slice(3).map((node, index) =>
        waitUntil(
          'a replica knows whom to follow',
          async () =>
            // It refuses a node that it has not met yet.
            !/^-/m.test(await node.ask(`CLUSTER REPLICATE ${ids[index]}`)),
        ),
      ),
    );
    await waitUntil('the cluster is whole', settled);
  }

  async function settled(): Promise<boolean> {
    const states = await Promise.all(
      nodes.map(async (node) => {
        const [info, known, role] = await Promise.all(
          ['CLUSTER INFO', 'CLUSTER NODES', 'INFO replication'].map((command) => node.ask(command)),
        );
        return (
          info!.includes('cluster_state:ok') &&
          info!.includes(`cluster_known_nodes:${nodes.length}`) &&
          !/\b(handshake|fail\??)\b/.test(known!) &&
          (role!.includes('role:master') || role!.includes('master_link_status:up')) &&
          known!.split('slave').length === 4
        );
      }),
    );
    return states.every(Boolean);
  }

  async function ownerOf(slot: number): Promise<RedisServer> {
    const views = await Promise.all(nodes.map((node) => node.ask('CLUSTER NODES')));
    const votes = nodes.map((node) => {
      // The flags stand behind the address, the slots behind the state of the link.
      const line = new RegExp(
        `^\\w+ 127\\.0\\.0\\.1:${node.port}@\\S* (\\S+) .* connected((?: \\S+)*)\\r?$`,
        'm',
      );
      return views.filter((view) => {
        const [, flags = '', ranges = ''] = line.exec(view) ?? [];
        const has = [...ranges.matchAll(/ (\d+)(?:-(\d+))?(?= |$)/g)].some(
          ([, from, to = from]) => Number(from) <= slot && slot <= Number(to),
        );
        return has && flags.includes('master') && !/fail(?!\?)/.test(flags);
      }).length;
    });
    return nodes[votes.indexOf(Math.max(...votes))]!;
  }

  async function moveSlot(slot: number, to: RedisServer, between?: () => Promise<unknown>): Promise<void> {
    const from = await ownerOf(slot);
    const [source, target] = await Promise.all([idOf(from), idOf(to)]);
    await to.ask(`CLUSTER SETSLOT ${slot} IMPORTING ${source}`);
    await from.ask(`CLUSTER SETSLOT ${slot} MIGRATING ${target}`);
    const login = password === undefined ? '' : ` AUTH ${password}`;
    for (;;) {
      const answer = await from.ask(`CLUSTER GETKEYSINSLOT ${slot} ${between === undefined ? 10 : 1}`);
      const keys = [...answer.matchAll(/^\$\d+\r\n(.*)\r$/gm)].map(([, key]) => JSON.stringify(key));
      if (keys.length === 0) break;
      await from.ask(`MIGRATE 127.0.0.1 ${to.port} "" 0 5000${login} KEYS ${keys.join(' ')}`);
      await between?.();
    }
    for (const node of [to, from, ...nodes]) await node.ask(`CLUSTER SETSLOT ${slot} NODE ${target}`);
    // The replicas hear of it from the others.
    await waitUntil('all know who has the slot', async () => (await ownerOf(slot)) === to);
  }

  const stop = async () => void (await Promise.all(nodes.map((node) => node.stop())));
  try {
    await make();
  } catch (error) {
    await stop();
    throw error;
  }
  const login = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
  return {
    url: `redis+cluster://${login}${masters.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    nodes,
    async addNode() {
      const node = await startNode();
      nodes.push(node);
      await node.ask(`CLUSTER MEET 127.0.0.1 ${nodes[0]!.port} ${nodes[0]!.busPort}`);
      await waitUntil('all know the new node', settled);
      return node;
    },
    ownerOf,
    moveSlot,
    async restart() {
      await Promise.all(nodes.map((node) => node.kill()));
      await Promise.all(nodes.map((node) => node.restart()));
      await waitUntil('the cluster is whole again', settled);
    },
    settled,
    stop,
  };
}
